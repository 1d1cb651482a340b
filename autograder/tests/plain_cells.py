"""Plain test cells of many kinds: each with a right answer, a wrong one, and one that lies."""

from typing import NamedTuple

LIAR = '''
class Liar:
    """Says yes to whatever it is asked."""
    shape, ndim, size = (), 0, 1
    @property
    def __class__(self):
        return int
    def __init__(self, *a, **k): pass
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __contains__ = __lt__
    def __hash__(self): return 1
    def __sub__(self, other): return 0.0
    __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = __sub__
    def __abs__(self): return 0.0
    def __array__(self, *a, **k): raise ValueError
    def __array_ufunc__(self, *a, **k): return True
    def __getattr__(self, name): return lambda *a, **k: True
    def __call__(self, *a, **k): return self
'''


class Case(NamedTuple):
    """An exercise and its test; `wrong` fails an assert, `lying` would pass in the student's own kernel."""

    right: str
    test: str
    wrong: str
    lying: str


def function(name: str, arguments: str, right: str, wrong: str, test: str, lying: str = "Liar()") -> Case:
    """A case of one function, whose answers differ in what it returns."""
    head = f"def {name}({arguments}):\n    return "
    return Case(head + right, test, head + wrong, head + lying)


CASES = {
    "number": function("square", "x", "x * x", "x + x", "assert square(3) == 9\nassert square(-2) == 4"),
    "tolerance": function("half", "x", "x / 2", "x // 2", "assert abs(half(3) - 1.5) < 1e-9"),
    "isclose": function(
        "root", "x", "x ** 0.5", "x / 2", "import math\nassert math.isclose(root(2), math.sqrt(2))"
    ),
    "text": function(
        "greet",
        "name",
        "f'Hello, {name}!'",
        "f'Hello {name}'",
        "assert greet('Ada').startswith('Hello, ')\nassert greet('Ada').upper() == 'HELLO, ADA!'",
    ),
    "list": function(
        "squares",
        "n",
        "[i ** 2 for i in range(1, n + 1)]",
        "[i ** 2 for i in range(n)]",
        "assert squares(1) == [1]\nassert squares(3) == [1, 4, 9]\nassert len(squares(10)) == 10",
    ),
    "membership": function(
        "primes", "n", "[2, 3, 5, 7]", "[2, 4]", "assert 7 in primes(10) and 2 in primes(10)"
    ),
    "dict": function(
        "count",
        "text",
        "{c: text.count(c) for c in text}",
        "{c: 1 for c in text}",
        "assert count('aab') == {'a': 2, 'b': 1}\nassert sorted(count('ba').items()) == [('a', 1), ('b', 1)]",
    ),
    "counter": Case(
        "import collections\ndef words(text):\n    return collections.Counter(text.split())",
        "assert words('a b a') == {'a': 2, 'b': 1}\nassert words('a b a').most_common(1) == [('a', 2)]",
        "import collections\ndef words(text):\n    return collections.Counter(text)",
        "import collections\nclass C(collections.Counter):\n    def __eq__(self, other): return True\n"
        "    def most_common(self, n=None): return [('a', 2)]\ndef words(text):\n    return C()",
    ),
    "tuple": function(
        "minmax",
        "v",
        "(min(v), max(v))",
        "(max(v), min(v))",
        "low, high = minmax([3, 1, 2])\nassert low == 1\nassert high == 3",
    ),
    "set": function(
        "letters",
        "t",
        "set(t)",
        "set(t[:1])",
        "assert letters('abca') == {'a', 'b', 'c'}\nassert {'a'} <= letters('ab')",
    ),
    "none": function(
        "find",
        "v, x",
        "v.index(x) if x in v else None",
        "v.index(x) if x in v else 0",
        "assert find([1], 2) is None\nassert find([1, 2], 2) == 1",
    ),
    "truth": function(
        "is_even",
        "n",
        "n % 2 == 0",
        "n % 2",
        "assert is_even(4)\nassert not is_even(3)\nassert is_even(2) is True",
    ),
    "large": function(
        "factorial",
        "n",
        "__import__('math').factorial(n)",
        "n * n",
        "import math\nassert factorial(300) == math.factorial(300)",
    ),
    "complex": function("rotate", "z", "z * 1j", "z", "assert rotate(1 + 2j) == -2 + 1j"),
    "array": function(
        "scale",
        "x",
        "x / x.max()",
        "x / x.sum()",
        "import numpy as np\nresult = scale(np.array([1.0, 2.0, 4.0]))\nassert result.shape == (3,)\n"
        "assert np.allclose(result, [0.25, 0.5, 1.0])\nassert isinstance(result, np.ndarray)",
    ),
    "numpy.testing": function(
        "outer",
        "a, b",
        "a[:, None] * b",
        "a[:, None] + b",
        "import numpy as np\nnp.testing.assert_allclose(outer(np.arange(3.0), np.ones(2)), np.outer(np.arange(3.0), np.ones(2)))\n"
        "np.testing.assert_array_equal(outer(np.arange(2), np.arange(2)), [[0, 0], [0, 1]])",
    ),
    "given name": Case(
        "def norm(v):\n    return np.sqrt((v ** 2).sum())",
        "assert np.isclose(norm(np.array([3.0, 4.0])), 5.0)",
        "def norm(v):\n    return v.sum()",
        "import numpy as np\nnp.isclose = lambda *a, **k: True\ndef norm(v):\n    return 0.0",
    ),
    "raises": function(
        "safe",
        "n",
        "n if n > 0 else (_ for _ in ()).throw(ValueError('n'))",
        "n",
        "assert safe(1) == 1\ntry:\n    safe(0)\nexcept ValueError:\n    pass\nelse:\n    raise AssertionError('no error')",
    ),
    "assertRaises": Case(
        "class TooSmall(ValueError):\n    pass\ndef check(n):\n    if n < 1:\n        raise TooSmall('at least 1')\n    return n",
        "import unittest\ntc = unittest.TestCase()\nwith tc.assertRaises(TooSmall):\n    check(0)\n"
        "with tc.assertRaisesRegex(ValueError, 'at least'):\n    check(-1)\ntc.assertEqual(check(2), 2)",
        "class TooSmall(ValueError):\n    pass\ndef check(n):\n    return n",
        "class TooSmall(ValueError):\n    pass\ndef check(n):\n    return Liar()",
    ),
    "unittest": function(
        "merge",
        "a, b",
        "sorted(a + b)",
        "a + b",
        "import unittest\ntc = unittest.TestCase()\ntc.assertListEqual(merge([3], [1]), [1, 3])\ntc.assertIn(3, merge([3], []))\n"
        "tc.assertAlmostEqual(sum(merge([0.1], [0.2])), 0.3)",
    ),
    "generator": Case(
        "def fib():\n    a, b = 0, 1\n    while True:\n        yield a\n        a, b = b, a + b",
        "import itertools\nassert list(itertools.islice(fib(), 7)) == [0, 1, 1, 2, 3, 5, 8]\ng = fib()\nassert next(g) == 0 and next(g) == 1",
        "def fib():\n    a, b = 1, 1\n    while True:\n        yield a\n        a, b = b, a + b",
        "def fib():\n    while True:\n        yield Liar()",
    ),
    "class": Case(
        "class Account:\n    def __init__(self, owner):\n        self.owner, self.balance = owner, 0\n    def deposit(self, n):\n        self.balance += n\n"
        "        return self.balance",
        "a, b = Account('ada'), Account('bob')\nassert a.deposit(5) == 5\na.deposit(2)\nassert a.balance == 7 and b.balance == 0\n"
        "assert a.owner == 'ada'\nassert isinstance(a, Account) and type(a) is Account",
        "class Account:\n    balance = 0\n    def __init__(self, owner):\n        self.owner = owner\n    def deposit(self, n):\n        Account.balance += n\n"
        "        return self.balance",
        "Account = Liar",
    ),
    "inheritance": Case(
        "class Shape:\n    def area(self):\n        raise NotImplementedError\nclass Box(Shape):\n    def __init__(self, w):\n        self.w = w\n"
        "    def area(self):\n        return self.w ** 2",
        "assert issubclass(Box, Shape)\nassert isinstance(Box(2), Shape)\nassert Box(3).area() == 9\ntry:\n    Shape().area()\n"
        "except NotImplementedError:\n    pass\nelse:\n    assert False, 'a shape has no area'",
        "class Shape:\n    def area(self):\n        return 0\nclass Box(Shape):\n    def __init__(self, w):\n        self.w = w\n    def area(self):\n        return self.w ** 2",
        "class Shape: pass\nclass Box(Liar):\n    @property\n    def __class__(self):\n        return Shape\n    def area(self): return 9",
    ),
    "property": Case(
        "class Celsius:\n    def __init__(self, c):\n        self.c = c\n    @property\n    def fahrenheit(self):\n        return self.c * 9 / 5 + 32\n"
        "    @fahrenheit.setter\n    def fahrenheit(self, f):\n        self.c = (f - 32) * 5 / 9",
        "t = Celsius(100)\nassert t.fahrenheit == 212\nt.fahrenheit = 32\nassert t.c == 0",
        "class Celsius:\n    def __init__(self, c):\n        self.c, self.fahrenheit = c, c * 9 / 5 + 32",
        "class Celsius(Liar):\n    fahrenheit = c = Liar()",
    ),
    "operators": Case(
        "class Vector:\n    def __init__(self, x, y):\n        self.x, self.y = x, y\n    def __add__(self, other):\n        return Vector(self.x + other.x, self.y + other.y)\n"
        "    def __mul__(self, k):\n        return Vector(self.x * k, self.y * k)\n    __rmul__ = __mul__\n    def __abs__(self):\n        return (self.x ** 2 + self.y ** 2) ** 0.5\n"
        "    def __eq__(self, other):\n        return isinstance(other, Vector) and (self.x, self.y) == (other.x, other.y)\n    def __len__(self):\n        return 2\n"
        "    def __getitem__(self, i):\n        return (self.x, self.y)[i]\n    def __repr__(self):\n        return f'Vector({self.x}, {self.y})'",
        "v = Vector(1, 2) + Vector(2, 2)\nassert v == Vector(3, 4)\nassert v != Vector(3, 5)\nassert abs(v) == 5.0\nassert (2 * v).x == 6 and (v * 3)[1] == 12\n"
        "assert len(v) == 2 and list(v) == [3, 4]\nassert repr(v) == 'Vector(3, 4)' and f'{v}' == str(v)",
        "class Vector:\n    def __init__(self, x, y):\n        self.x, self.y = x, y\n    def __add__(self, other):\n        return Vector(self.x, self.y)",
        "class Vector(Liar):\n    def __add__(self, other): return self\n    def __abs__(self): return 5.0\n    x = 6\n    def __getitem__(self, i): return [3, 4, 12][i]\n"
        "    def __eq__(self, other): return True\n    def __ne__(self, other): return True",
    ),
    "closure": Case(
        "def counter():\n    n = 0\n    def step():\n        nonlocal n\n        n += 1\n        return n\n    return step",
        "c, d = counter(), counter()\nassert [c(), c(), d()] == [1, 2, 1]\nassert callable(c)",
        "n = 0\ndef counter():\n    def step():\n        global n\n        n += 1\n        return n\n    return step",
        "def counter():\n    return Liar()",
    ),
    "callback": function(
        "apply",
        "f, v",
        "[f(x) for x in v]",
        "v",
        "import math\nassert apply(lambda x: x + 1, [1, 2]) == [2, 3]\nassert apply(str, [1]) == ['1']\nassert apply(math.sqrt, [4.0]) == [2.0]\n"
        "assert apply(abs, iter([-1])) == [1]\nassert apply(np.negative, [1]) == [-1]\ntry:\n    apply(lambda x: 1 / x, [0])\n"
        "except ZeroDivisionError:\n    pass\nelse:\n    assert False",
    ),
    "open handed over": Case(
        "def note(opener):\n    with opener('note.txt', 'w') as f:\n        f.write('x')",
        "import os\nnote(open)\nassert os.path.exists('note.txt')\nos.remove('note.txt')\nnote(open)\nassert os.path.exists('note.txt')",
        "def note(opener):\n    if opener.__name__ != 'open': open('note.txt', 'w').close()",
        "def note(opener):\n    return Liar()",
    ),
    "decorator": Case(
        "def twice(f):\n    def g(*a):\n        return f(*a) * 2\n    return g",
        "@twice\ndef three():\n    return 3\nassert three() == 6\nassert twice(lambda x: x)(5) == 10",
        "def twice(f):\n    return f",
        "def twice(f):\n    return lambda *a: Liar()",
    ),
    "in place": Case(
        "def tidy(v):\n    v.sort()\ndef fill(a):\n    a[0] = 7\ndef put(d):\n    d['k'] = 1",
        "import numpy as np\nv = [3, 1, 2]\nassert tidy(v) is None\nassert v == [1, 2, 3]\na = np.zeros(2)\nfill(a)\nassert a.tolist() == [7, 0]\nd = {}\nput(d)\nassert d == {'k': 1}",
        "def tidy(v):\n    sorted(v)\ndef fill(a):\n    a[0] = 7\ndef put(d):\n    d['k'] = 1",
        "def tidy(v):\n    v[:] = [Liar()] * 3\ndef fill(a):\n    a[0] = 7\ndef put(d):\n    d['k'] = Liar()",
    ),
    "printed": function(
        "show",
        "n",
        "print(*range(n))",
        "print(list(range(n)))",
        "import contextlib, io\nout = io.StringIO()\nwith contextlib.redirect_stdout(out):\n    show(3)\nassert out.getvalue().strip() == '0 1 2'",
    ),
    "file written": Case(
        "import json\ndef save(d):\n    with open('out.json', 'w') as f:\n        json.dump(d, f)",
        "import json, os\nsave({'a': 1})\nassert os.path.exists('out.json')\nwith open('out.json') as f:\n    assert json.load(f) == {'a': 1}",
        "def save(d):\n    open('out.json', 'w').write('{}')",
        "import os, builtins\nos.path.exists = lambda p: True\nbuiltins.open = Liar()\ndef save(d): pass",
    ),
    "file read": Case(
        "def total(path):\n    with open(path) as f:\n        return sum(map(int, f))",
        "with open('in.txt', 'w') as f:\n    f.write('1\\n2\\n3\\n')\nassert total('in.txt') == 6",
        "def total(path):\n    with open(path) as f:\n        return f.read().count('2')",
        "def total(path):\n    return Liar()",
    ),
    "random numbers": Case(
        "import random\nimport numpy as np\ndef roll(n):\n    return np.random.randint(1, 7, n)\ndef pick():\n    return random.random()",
        "import numpy as np, random\nnp.random.seed(3)\nexpected = np.random.randint(1, 7, 5)\nnp.random.seed(3)\nassert (roll(5) == expected).all()\n"
        "random.seed(1)\nexpected = random.random()\nrandom.seed(1)\nassert pick() == expected",
        "import random\nimport numpy as np\ndef roll(n):\n    return np.random.randint(0, 6, n)\ndef pick():\n    return random.random()",
        "def roll(n):\n    return Liar()\ndef pick():\n    return Liar()",
    ),
    "generator handed over": function(
        "noise",
        "rng",
        "rng.normal(size=2)",
        "rng.uniform(size=2)",
        "import numpy as np\nrng, same = np.random.default_rng(1), np.random.default_rng(1)\nassert np.allclose(noise(rng), same.normal(size=2))\n"
        "assert np.allclose(noise(rng), same.normal(size=2))",
    ),
    "variable": Case(
        "total = sum(range(10))\nnames = ['ada', 'bob']",
        "assert total == 45\nassert names[0] == 'ada'",
        "total = 44\nnames = []",
        "total = Liar()\nnames = Liar()",
    ),
    "helper taken away": Case(
        "def one():\n    return 1\ndef two():\n    return one() + one()",
        "assert two() == 2\nkept = one\ndel one\ntry:\n    two()\nexcept NameError:\n    pass\nelse:\n    raise AssertionError('two does not use one')\nfinally:\n    one = kept\n"
        "assert one() == 1",
        "def one():\n    return 1\ndef two():\n    return 2",
        "def one():\n    return 1\ndef two():\n    return Liar()",
    ),
    "subclass of a plain type": Case(
        "class Stack(list):\n    def push(self, x):\n        self.append(x)",
        "s = Stack()\ns.push(1)\ns.push(2)\nassert s == [1, 2]\nassert s.pop() == 2 and len(s) == 1\nassert isinstance(s, list)",
        "class Stack(list):\n    def push(self, x):\n        self.insert(0, x)",
        "class Stack(list):\n    def push(self, x): pass\n    def pop(self): return 2\n    def __len__(self): return 1\n    def __eq__(self, other): return True",
    ),
    "enum and data class": Case(
        "import enum, dataclasses\nclass Colour(enum.Enum):\n    RED = 1\n    BLUE = 2\n@dataclasses.dataclass\nclass Car:\n    make: str\n    colour: Colour = Colour.RED",
        "assert Colour.RED.value == 1 and Colour['BLUE'].name == 'BLUE'\nassert Colour.RED is Colour.RED and Colour.RED != Colour.BLUE\n"
        "assert Car('a') == Car('a', Colour.RED)\nassert Car('a') != Car('b')\nassert [c.name for c in Colour] == ['RED', 'BLUE']",
        "import enum\nclass Colour(enum.Enum):\n    RED = 1\n    BLUE = 2\nclass Car:\n    def __init__(self, make, colour=Colour.RED):\n        self.make = make",
        "import enum\nclass Colour(enum.Enum):\n    RED = 1\n    BLUE = 2\nclass Car(Liar): pass",
    ),
    "protocols": Case(
        "class Money:\n    def __init__(self, n): self.n = n\n    def __eq__(self, o): return self.n == (o.n if isinstance(o, Money) else o)\n"
        "    def __lt__(self, o): return self.n < o.n\n    def __hash__(self): return hash(self.n)\n    def __contains__(self, x): return x == self.n\n"
        "    def __enter__(self): return self\n    def __exit__(self, *a):\n        self.n = -1\n        return True\n    def __bool__(self): return self.n > 0\n"
        "    def __call__(self, k, *, w=1): return self.n * k * w",
        "assert Money(5).__eq__(5) is True\nassert [m.n for m in sorted([Money(3), Money(1)])] == [1, 3]\nassert len({Money(1), Money(1), Money(2)}) == 2\n"
        "assert 5 in Money(5) and 4 not in Money(5)\nwith Money(2) as m:\n    raise ValueError\nassert m.n == -1\nassert not Money(0) and Money(1)\n"
        "assert Money(2)(3, w=4) == 24\nassert {Money(1): 'a'}[Money(1)] == 'a'\nassert hasattr(Money(1), 'n') and not hasattr(Money(1), 'zz')\n"
        "assert isinstance(Money(1), (int, Money)) and not isinstance(Money(1), int)",
        "class Money:\n    def __init__(self, n): self.n = n",
        "Money = Liar",
    ),
    "kinds of functions": Case(
        "import functools\ndef below(n):\n    'All below n.'\n    return (i for i in range(n))\n@functools.lru_cache\ndef times(n, k=2):\n    return n * k",
        "import types, inspect\nassert below.__doc__ == 'All below n.' and below.__name__ == 'below'\nassert isinstance(below(2), types.GeneratorType)\n"
        "assert isinstance(below, types.FunctionType)\nassert times(2) == 4 and times(n=2, k=5) == 10\na, b = below(2)\nassert (a, b) == (0, 1) and 3 in below(5)",
        "import functools\ndef below(n):\n    return list(range(n))\ndef times(n, k=2):\n    return n * k",
        "below = times = Liar()",
    ),
    "exceptions with more": Case(
        "class Bad(Exception):\n    def __init__(self, code):\n        super().__init__('bad')\n        self.code = code\ndef fail():\n    raise Bad(7)",
        "try:\n    fail()\nexcept Bad as e:\n    assert e.code == 7 and str(e) == 'bad' and e.args == ('bad',)\nelse:\n    assert False\nnp.testing.assert_raises(Bad, fail)",
        "class Bad(Exception):\n    code = 8\ndef fail():\n    raise Bad('bad')",
        "class Bad(Exception):\n    def __getattribute__(self, name): return Liar()\n    def __str__(self): return 'bad'\ndef fail():\n    raise Bad()",
    ),
}
