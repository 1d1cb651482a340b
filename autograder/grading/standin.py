"""Stand-ins: objects in the grader for those that stay in the student's process; their classes mirror theirs.

A stand-in's class has the special methods that the object's class has, so Python asks for what it would
ask for; each is a question to the student's process. Comparing is done here (grading/equal.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autograder.sandbox.objects import SPECIALS

# What Python, unittest and contextlib look up on the stand-in itself, or on its class.
OF_INSTANCES = {
    "_inside", "__traceback__", "__context__", "__cause__", "__suppress_context__", "__notes__",
    "with_traceback", "add_note", "args",
}  # fmt: skip
OF_CLASSES = {
    "_inside", "_facts", "__name__", "__qualname__", "__module__", "__mro__", "__bases__", "__base__", "mro",
    "__class__", "__dict__", "__flags__", "__subclasses__", "__abstractmethods__", "__instancecheck__",
    "__subclasscheck__", "__init_subclass__", "__new__",
}  # fmt: skip
FOR_ARRAYS = {
    "__array_interface__", "__array_struct__", "__array__", "__array_priority__", "__array_function__",
}  # fmt: skip
COPIES = {"__deepcopy__", "__copy__", "__reduce_ex__", "__reduce__", "__getstate__"}
BINARY = {"add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "divmod", "pow", "and", "or", "xor",
          "lshift", "rshift"}  # fmt: skip
ORDER = {"lt", "le", "gt", "ge"}
# What hands a value of the test's to the object: it could answer by what it is given.
TELLING = {"call", "contains"} | ORDER | BINARY | {f"{side}{name}" for name in BINARY for side in "ri"}
SUBCLASS = (
    "The test makes a class of its own from one of the student's, which is in another process: write it in a "
    "given cell."
)
COPY = "The test copies an object of the student's: let a function of a given cell copy it."


class Refused(BaseException):
    """Something that cannot be asked over the border; the text says how to write it.

    Not an Exception, so that no test takes it for one that the student's code raised. With `doubt` it is
    nobody's fault: a person has to look.
    """

    def __init__(self, text: str, doubt: bool = False):
        super().__init__(text)
        self.doubt = doubt


@dataclass(frozen=True)
class Inside:
    """What a stand-in stands for: a number, in which of the processes; and where it came from."""

    border: Any
    number: int
    start: int
    origin: str


@dataclass
class Facts:
    """Of a student's class: its special methods, the plain type above it, the library's class that it is."""

    specials: frozenset[str] = frozenset()
    content: type | None = None
    library: type | None = None
    shadow: type | None = None


def inside(one: Any) -> Inside:
    """What a stand-in, or a class of the student's, stands for."""
    owner = type if isinstance_of(one, StudentClass) else object
    return owner.__getattribute__(one, "_inside")


def is_theirs(one: Any) -> bool:
    """Does it stand for something of the student's?"""
    return isinstance_of(one, StudentClass) or isinstance_of(type(one), StudentClass)


def isinstance_of(one: Any, kind: type) -> bool:
    """By the real class, and not by what an object says of itself."""
    return issubclass(type(one), kind)


def facts_of(kind: type) -> Facts:
    """What is known of a student's class."""
    return type.__getattribute__(kind, "_facts")


class StudentClass(type):
    """The class of classes that stand for a student's."""

    def __new__(meta, name: str, bases: tuple, namespace: dict, made: bool = False):
        if not made:
            raise Refused(SUBCLASS)
        return super().__new__(meta, name, bases, namespace)

    def __init__(cls, name: str, bases: tuple, namespace: dict, made: bool = False):
        super().__init__(name, bases, namespace)

    def __call__(cls, *arguments: Any, **keywords: Any) -> Any:
        return inside(cls).border.special(cls, "call", arguments, keywords)

    def __getattribute__(cls, name: str) -> Any:
        if name in OF_CLASSES:
            return type.__getattribute__(cls, name)
        return inside(cls).border.attribute(cls, name)

    def __setattr__(cls, name: str, value: Any) -> None:
        inside(cls).border.ask("set", cls, name, value)

    def __delattr__(cls, name: str) -> None:
        inside(cls).border.ask("delete", cls, name)

    def __bool__(cls) -> bool:
        return True

    def __iter__(cls) -> Any:
        return inside(cls).border.special(cls, "iter", (), {})

    def __len__(cls) -> int:
        return inside(cls).border.special(cls, "len", (), {})

    def __getitem__(cls, key: Any) -> Any:
        return inside(cls).border.special(cls, "getitem", (key,), {})

    def __contains__(cls, one: Any) -> bool:
        return inside(cls).border.special(cls, "contains", (one,), {})

    def __repr__(cls) -> str:
        return f"<the student's class {type.__getattribute__(cls, '__name__')}>"


class StandIn(metaclass=StudentClass, made=True):
    """Something of the student's that is no plain value."""

    __array_ufunc__ = None  # NumPy leaves operators to the stand-in
    _facts = Facts()

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":
            return claimed(type(self))
        if name in OF_INSTANCES:
            return object.__getattribute__(self, name)
        if name in FOR_ARRAYS:
            raise AttributeError(name)
        if name in COPIES:
            raise Refused(COPY)
        return inside(self).border.attribute(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in OF_INSTANCES:
            return object.__setattr__(self, name, value)
        inside(self).border.ask("set", self, name, value)

    def __delattr__(self, name: str) -> None:
        inside(self).border.ask("delete", self, name)

    def __eq__(self, other: Any) -> bool:
        return inside(self).border.equal(self, other)

    def __ne__(self, other: Any) -> bool:
        return not inside(self).border.equal(self, other)

    def __hash__(self) -> int:
        return hash(inside(self).number)

    def __str__(self) -> str:
        return inside(self).border.text("str", self)

    def __repr__(self) -> str:
        return inside(self).border.text("repr", self)

    def __format__(self, spec: str) -> str:
        return inside(self).border.text("format", self, spec)

    def __dir__(self) -> list[str]:
        return inside(self).border.ask("dir", self)


def _special(name: str) -> Callable:
    def method(self: Any, *arguments: Any, **keywords: Any) -> Any:
        return inside(self).border.special(self, name, arguments, keywords)

    return method


METHODS = {name: _special(name) for name in SPECIALS if name != "eq"}


def make_class(name: str, bases: list[type], facts: Facts, own: Inside) -> type:
    """A class that stands for a student's; `bases` are stand-ins themselves, or built-in exceptions."""
    theirs = [base for base in bases if isinstance_of(base, StudentClass)] or [StandIn]
    errors = [base for base in bases if not isinstance_of(base, StudentClass)]
    methods = {f"__{special}__": METHODS[special] for special in facts.specials if special in METHODS}
    namespace = {**methods, "_facts": facts, "_inside": own, "__module__": "student"}
    try:
        return StudentClass(name, (*theirs, *errors), namespace, made=True)
    except TypeError:  # bases that fit together there and not here
        kinds = (StandIn, Exception) if any(issubclass(base, BaseException) for base in bases) else (StandIn,)
        return StudentClass(name, kinds, namespace, made=True)


def make(kind: type, own: Inside, arguments: tuple = ()) -> Any:
    """A stand-in of a class that stands for a student's."""
    errors = (base for base in type.mro(kind) if not isinstance_of(base, StudentClass) and base is not object)
    error = next(errors, None)
    one = error.__new__(kind, *arguments) if error else object.__new__(kind)
    object.__setattr__(one, "_inside", own)
    return one


def claimed(kind: type) -> type:
    """What `isinstance` asks of a stand-in beside its class: a library's, or a subclass of a plain type."""
    facts = facts_of(kind)
    if facts.content and not facts.shadow:
        name, space = type.__getattribute__(kind, "__name__"), {"_inside": inside(kind), "_facts": facts}
        facts.shadow = StudentClass(name, (kind, facts.content), space, made=True)
    return facts.library or facts.shadow or kind
