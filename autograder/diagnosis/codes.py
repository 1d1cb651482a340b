"""What kinds of mistake a failed check can name, and where each is usually found.

A code is for machines: results, reports and the known mistakes of an audit use it. The sentence says
where to look, and never what to write. Codes "without" and "option" are followed by an argument's name
in backticks: "without `h0`".
"""

CODES = {
    # The ladder: before any value is judged.
    "not implemented": "",
    "undefined": "The cell must have run, and the function's name must be the one that the notebook gave it.",
    "raised": "Run the call by hand in a cell of your own to see the whole traceback.",
    "outside": "Restart the kernel and run all cells: what a function needs must be handed to it.",
    "returns": "The docstring says what is returned, and in which order.",
    "shape": "Write the shape next to each line; a sum over a wrong axis or a missing transpose is usual.",
    "dtype": "Look for arrays that are made without a dtype, and for NumPy scalars that widen a product.",
    "not finite": "Look for exp of a large number, log of zero and division by zero.",
    "inputs changed": "Look for `+=` and for assignments into slices of what came in.",
    "state kept": "Look for global variables, changed defaults, and randomness that is not from `rng`.",
    "limit": "Look for a loop that does not end or does far too much.",
    # What turns the result into the right one.
    "zero": "Nothing arrives there: follow it back to the line that should fill it.",
    "sign": "Look for a minus that is lost, or there twice.",
    "scale": "Look for a mean where a sum belongs, or a sum for a mean, and for factors lost or there twice.",
    "transposed": "Look at which axis comes first, here and in what this is made from.",
    "swapped": "Look at the order in which things are unpacked, split or returned.",
    "order": "Look at reshapes: which axis is cut into pieces, and is it moved before or after?",
    "shifted": "Look for an index that is off by one.",
    "offset": "Look for a term that is added twice or not at all, such as a bias.",
    "partly": "Look at what these places have in common, such as the first or last step, or the target's id.",
    "axis": "Look at the `axis` of the sum or mean.",
    "normalisation": "In a normalised row every output depends on all inputs: look for that term.",
    "mask": "Look at which positions the mask hides, and whether it comes before the softmax.",
    # Under which condition the result is right.
    "repeated ids": "The same id can stand at several places: each of them adds its part.",
    "time": "Look at what one step hands to the next, both ways, and at what is added up over the steps.",
    "batch": "Look at what is added up over the batch, and what must stay apart for each sample.",
    "without": "Look at each place where that argument enters.",
    "option": "Look at each place where that argument enters.",
    "nonlinearity": "Look at the derivative of the activation, and at which value it is taken.",
    "upstream": "By the chain rule each upstream gradient takes part in every gradient that it reaches.",
    "skipped": "Follow the way from what comes in to what goes out: is each step on it taken?",
    "limited": "Look at what is cut off, and on which side.",
    "loop": "Look at what one round of the loop hands to the next, and at what changes from round to round.",
    "large": "Look at what happens to numbers far away from zero.",
    # What is special about a kind of check.
    "forward": "",
    "carried": "",
    "numerical": "Work the derivative out with the chain rule; taking differences is the check's part.",
    "constant": "",
    "temperature": "Look at where the temperature enters.",
    "greedy": "",
    "distribution": "Look at what a draw gets: the scores after which characters, at which temperature.",
    "randomness": "Look at where the probabilities enter the draw.",
    "never drawn": "Look at what removes ids before the draw.",
    "did not learn": "Look at whether the update reaches the parameters that are returned.",
    "diverged": "Look at the sign and the size of the update, and at what the model learns to predict.",
    "target": "Every step may be right and their order wrong: look at the loop.",
    "differs": "",
}


def look_for(diagnosis: str) -> str:
    """Where a mistake of that kind is usually found; "" when nothing general can be said."""
    return CODES.get(diagnosis.partition(" `")[0], "")
