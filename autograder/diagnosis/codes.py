"""What kinds of mistake a failed check can name, and where each is usually found.

A code is for machines: results, reports and the known mistakes of an audit use it. The sentence says
where to look, and never what to write. Codes "without" and "option" are followed by an argument's name
in backticks: "without `h0`".
"""

from typing import NamedTuple


class Kind(NamedTuple):
    """A kind of mistake in words, and where it is usually found; "" when nothing general can be said."""

    words: str
    look: str = ""


UNFINISHED = "not implemented"

# fmt: off
CODES = {
    # The ladder: before any value is judged.
    UNFINISHED: Kind("not written yet"),
    "undefined": Kind("the function is missing",
        "The cell must have run, and the function's name must be the one that the notebook gave it."),
    "raised": Kind("an exception", "Run the call by hand in a cell of your own to see the whole traceback."),
    "outside": Kind("needs a name that nobody hands over",
        "Restart the kernel and run all cells: what a function needs must be handed to it."),
    "returns": Kind("wrong number or kind of results",
        "The docstring says what is returned, and in which order."),
    "shape": Kind("wrong shape",
        "Write the shape next to each line; a sum over a wrong axis or a missing transpose is usual."),
    "dtype": Kind("wrong dtype",
        "Look for arrays that are made without a dtype, and for NumPy scalars that widen a product."),
    "not finite": Kind("infinite, or not a number",
        "Look for exp of a large number, log of zero and division by zero."),
    "inputs changed": Kind("changes its inputs",
        "Look for `+=` and for assignments into slices of what came in."),
    "state kept": Kind("remembers earlier calls",
        "Look for global variables, changed defaults, and randomness that is not from `rng`."),
    "limit": Kind("too slow or too large", "Look for a loop that does not end or does far too much."),
    # What turns the result into the right one.
    "zero": Kind("zero, where something should arrive",
        "Nothing arrives there: follow it back to the line that should fill it."),
    "not zero": Kind("something, where nothing should be",
        "Something is there that should not be: follow it back to the line that puts it there."),
    "sign": Kind("opposite sign", "Look for a minus that is lost, or there twice."),
    "scale": Kind("wrong by a factor",
        "Look for a mean where a sum belongs, or a sum for a mean, and for factors lost or there twice."),
    "transposed": Kind("transposed", "Look at which axis comes first, here and in what this is made from."),
    "swapped": Kind("one thing in the place of another",
        "Look at the order in which things are unpacked, split or returned."),
    "order": Kind("right numbers in wrong places",
        "Look at reshapes: which axis is cut into pieces, and is it moved before or after?"),
    "overwritten": Kind("one place's numbers at all places",
        "Look for what all places share: an array that each round writes over, or a sum that runs over all."),
    "shifted": Kind("off by one place", "Look for an index that is off by one."),
    "offset": Kind("a term too many or too few",
        "Look for a term that is added twice or not at all, such as a bias."),
    "partly": Kind("right only in part",
        "Look at what these places have in common, such as the first or last step, or the target's id."),
    "axis": Kind("sum or mean over the wrong axis", "Look at the `axis` of the sum or mean."),
    "normalisation": Kind("a normalisation's own term is missing",
        "In a normalised row every output depends on all inputs: look for that term."),
    "mask": Kind("sees what it must not see",
        "Look at which positions the mask hides, and whether it comes before the softmax."),
    # Under which condition the result is right.
    "repeated ids": Kind("wrong where an id stands twice",
        "The same id can stand at several places: each of them adds its part."),
    "time": Kind("right for a single step only",
        "Look at what one step hands to the next, both ways, and at what is added up over the steps."),
    "batch": Kind("right for a single sample only",
        "Look at what is added up over the batch, and what must stay apart for each sample."),
    "without": Kind("an argument enters in a wrong way, or not at all",
        "Look at each place where that argument enters."),
    "option": Kind("a number among the arguments enters in a wrong way",
        "Look at each place where that argument enters."),
    "nonlinearity": Kind("another activation, or its slope",
        "Look at the activation: what goes into it and, backward, its derivative and where that is taken."),
    "upstream": Kind("the upstream gradient enters in a wrong way, or not at all",
        "By the chain rule each upstream gradient takes part in every gradient that it reaches."),
    "skipped": Kind("a step is left out",
        "Follow the way from what comes in to what goes out: is each step on it taken?"),
    "limited": Kind("a limit is not kept, or from the wrong side",
        "Look at what is cut off, and on which side."),
    "loop": Kind("right for the first rounds of a loop only",
        "Look at what one round of the loop hands to the next, and at what changes from round to round."),
    "large": Kind("right for small numbers only", "Look at what happens to numbers far away from zero."),
    # What is special about a kind of check.
    "forward": Kind("the forward pass is wrong"),
    "carried": Kind("right behind a wrong forward pass"),
    "numerical": Kind("a gradient that is measured, not derived",
        "Work the derivative out with the chain rule; taking differences is the check's part."),
    "constant": Kind("the forward pass depends on nothing"),
    "temperature": Kind("the temperature enters in a wrong way", "Look at where the temperature enters."),
    "greedy": Kind("the likeliest instead of a draw"),
    "distribution": Kind("draws from another distribution",
        "Look at what a draw gets: the scores after which characters, at which temperature."),
    "randomness": Kind("draws that no probability steers", "Look at where the probabilities enter the draw."),
    "never drawn": Kind("some ids are never drawn", "Look at what removes ids before the draw."),
    "did not learn": Kind("training changes nothing",
        "Look at whether the update reaches the parameters that are returned."),
    "diverged": Kind("training makes it worse",
        "Look at the sign and the size of the update, and at what the model learns to predict."),
    "target": Kind("the target loss is missed",
        "Every step may be right and their order wrong: look at the loop."),
    "differs": Kind("wrong in no way that has a name"),
}
# fmt: on


def look_for(diagnosis: str) -> str:
    """Where a mistake of that kind is usually found; "" when nothing general can be said."""
    return _kind(diagnosis).look


def in_words(diagnosis: str) -> str:
    """What kind of mistake it is, as a person reads it; an unknown code as it is."""
    return _kind(diagnosis).words


def _kind(diagnosis: str) -> Kind:
    code = diagnosis.partition(" `")[0]
    return CODES.get(code, Kind(code))
