"""How the commonest functions of torch are taken for all members: as they are, with rows lined up.

`torch.vmap` gives the same and takes 60 µs for it; a step of linear regression has a dozen of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from tui_lab.training.member_indexing import getitem, setitem
from tui_lab.training.member_numbers import MemberNumbers, PartWays, agreed
from tui_lab.training.member_products import linear, matmul, ndim
from tui_lab.training.member_rows import data_dtype, row_shaped
from tui_lab.training.members import Function, Members, Rule, each, mapped, own_place, wrapped

_ALIKE = (
    "abs clone contiguous cos cpu cuda detach double elu exp float gelu "
    "half int isfinite isinf isnan leaky_relu log log1p logical_not long nan_to_num neg "
    "ones_like relu rsqrt sigmoid sign silu sin softplus sqrt square tanh to zeros_like"
)
"""One row's result hangs on no other row, and on no shape."""
_IN_PLACE = "detach_ requires_grad_ retain_grad zero_ sqrt_ neg_"
_BOUNDED = "clamp clamp_max clamp_min clip clamp_ clamp_max_ clamp_min_ clip_"
_POINTWISE = (
    "add addcdiv addcmul bitwise_and bitwise_or div eq ge gt le lerp logical_and logical_or lt "
    "maximum minimum mul ne pow sub true_divide where __and__ __or__ __pow__ __rdiv__ __rpow__ "
    "__rsub__ __rtruediv__ __truediv__"
)
_POINTWISE_IN_PLACE = "add_ addcdiv_ addcmul_ copy_ div_ lerp_ mul_ pow_ sub_"
_GETTERS = "_version device dtype is_cuda is_leaf is_sparse layout requires_grad grad_fn"


def _alike(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    first, *rest = args
    if any(isinstance(value, Members | MemberNumbers) for value in (*rest, *kwargs.values())):
        return each(func, args, kwargs, len(_first_of(args, kwargs)))
    result = func(*args, **kwargs)
    return result if result is first else wrapped(result)


def _first_of(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """Something that has a row per member."""
    values = (*args, *kwargs.values())
    found = next(value for value in values if isinstance(value, Members | MemberNumbers))
    return found.stack if isinstance(found, MemberNumbers) else found


def _in_place(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    func(*args, **kwargs)
    return args[0]


def _fill(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """`fill_` with a number of each member is a copy of it to all places."""
    if isinstance(args[1], Members | MemberNumbers):
        return _pointwise_in_place(Tensor.copy_, args, kwargs)
    return _in_place(func, args, kwargs)


def _bounded(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """Within bounds that may be each member's own: torch has both as tensors, or neither."""
    first, *rest = args
    in_place = func.__name__.endswith("_")
    if in_place:
        own_place(first)
    bounds = (*rest, *kwargs.values())
    if any(isinstance(value, Members | MemberNumbers | Tensor) for value in bounds):
        most = max(map(ndim, (first, *bounds)))
        dtype = data_dtype((first,), ndim(first)) or torch.get_default_dtype()

        def lined(value: Any) -> Any:
            if type(value) in (int, float, bool):
                value = torch.tensor(value, dtype=dtype, device=args[0].device)
            return row_shaped(value, most, dtype)

        first = first if in_place else lined(first)
        rest, kwargs = [*map(lined, rest)], {k: lined(v) for k, v in kwargs.items()}
    result = func(first, *rest, **kwargs)
    return args[0] if in_place else wrapped(result)


def _pointwise(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    lined, rest = _lined_up(args, kwargs)
    return wrapped(func(*lined, **rest))


def _pointwise_in_place(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    own_place(args[0])
    lined, rest = _lined_up(args, kwargs)
    if lined[0].data_ptr() != args[0].data_ptr() or lined[0].dtype != args[0].dtype:
        raise PartWays("A number of each member is written to where it stands.")
    func(*lined, **rest)
    return args[0]


def _lined_up(
    args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[list[Any], Mapping[str, Any]]:
    """Rows with as many dimensions each, and numbers in the dtype of what they meet; factors that
    differ from member to member are multiplied in beforehand."""
    scale = kwargs.get("alpha", kwargs.get("value"))
    if isinstance(scale, MemberNumbers):
        args = (args[0], _pointwise(torch.mul, (args[1], scale), {}), *args[2:])
        kwargs = {k: v for k, v in kwargs.items() if k not in ("alpha", "value")}
    if any(isinstance(value, Members | MemberNumbers) for value in kwargs.values()):
        raise PartWays("A number of each member is given to torch by a name that takes one alone.")
    most = max(map(ndim, args))
    dtype = data_dtype(args, most)
    return [row_shaped(value, most, dtype) for value in args], kwargs


def _reshape(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    stack, *shape = args
    if kwargs or not shape or isinstance(shape[0], torch.dtype):
        return mapped(func, args, kwargs)
    sizes = shape[0] if isinstance(shape[0], tuple | list) else shape
    return wrapped(func(stack, (stack.shape[0], *sizes)))


def _joined(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """`cat` or `stack` along a dimension that is counted from the first."""
    tensors, *dims = args
    [dim] = dims or [kwargs.get("dim", 0)]
    if dim < 0:
        return mapped(func, args, kwargs)
    count = next(len(each) for each in tensors if isinstance(each, Members))
    rows = [
        each if isinstance(each, Members) else each.expand(count, *each.shape) for each in tensors
    ]
    return wrapped(func(rows, dim + 1))


def _along(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """One dimension of a member's is meant, wherever it is counted from."""
    stack, *rest = args
    if not isinstance(stack, Members):
        return mapped(func, args, kwargs)
    if rest and type(rest[0]) is int:
        rest[0] += rest[0] >= 0
        return wrapped(func(stack, *rest, **kwargs))
    if not rest and type(dim := kwargs.get("dim")) is int:
        return wrapped(func(stack, **{**kwargs, "dim": dim + (dim >= 0)}))
    return mapped(func, args, kwargs)


def _whole_or_along(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """A sum or a mean over everything a member has, or along one dimension."""
    if len(args) == 1 and not kwargs:
        stack = args[0]
        return wrapped(func(stack.reshape(stack.shape[0], -1), 1))
    return _along(func, args, kwargs)


def _gather(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    stack, dim, index = args
    if not (isinstance(stack, Members) and isinstance(index, Members)):
        return mapped(func, args, kwargs)
    return wrapped(func(stack, dim + (dim >= 0), index))


def _split(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    stack, size, *dims = args
    [dim] = dims or [kwargs.get("dim", 0)]
    return wrapped(func(stack, size, dim + (dim >= 0)))


def _backward(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """No member's loss hangs on another's parameters: the sum's gradients are those of each."""
    losses, *rest = args
    each_loss = losses if isinstance(losses, tuple | list) else (losses,)
    if any(loss[0].numel() != 1 for loss in each_loss):
        raise RuntimeError("grad can be implicitly created only for scalar outputs")
    sums = [loss.sum() for loss in each_loss]
    func(sums if func is torch.autograd.backward else sums[0], *rest, **kwargs)


def _gradients(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """As `backward`, of one loss."""
    outputs, *rest = args
    losses = outputs if isinstance(outputs, tuple | list) else (outputs,)
    return wrapped(func([loss.sum() for loss in losses], *rest, **kwargs))


def _transposed(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    return wrapped(args[0].mT if ndim(args[0]) == 2 else args[0])


def _of_one(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """A question about shapes."""
    return func(args[0][0], *args[1:], **kwargs)


def _grad(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    found = func(*args)
    return found if found is None else found.as_subclass(Members)


def _plain(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    return func(*args, **kwargs)


def _value(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """What Python is to have of all members alike."""
    return func(torch.tensor(agreed(args[0]), dtype=args[0].dtype), *args[1:])


_RULES: Mapping[str, Rule] = {
    _ALIKE: _alike,
    _IN_PLACE: _in_place,
    _BOUNDED: _bounded,
    "fill_": _fill,
    _POINTWISE: _pointwise,
    _POINTWISE_IN_PLACE: _pointwise_in_place,
    "matmul __matmul__ mm": matmul,
    "linear": linear,
    "sum mean amax amin": _whole_or_along,
    "argmax argmin logsumexp log_softmax softmax unsqueeze cumsum": _along,
    "gather": _gather,
    "cat stack": _joined,
    "__setitem__": setitem,
    "reshape view": _reshape,
    "__getitem__": getitem,
    "split": _split,
    "backward": _backward,
    "size dim numel __len__ ndimension nelement element_size stride": _of_one,
    "item tolist __bool__ __float__ __int__ __index__": _value,
    "register_hook is_floating_point is_complex": _plain,
}
"""By the names of functions of torch, of `Tensor` and of `torch.nn.functional`."""
_ATTRIBUTES: Mapping[str, Rule] = {
    _GETTERS: _plain,
    "shape ndim": _of_one,
    "T mT": _transposed,
    "data": _alike,
    "grad": _grad,
}


def _add_rules() -> None:
    for names, rule in _RULES.items():
        for name in names.split():
            for place in (torch, Tensor, F):
                if hasattr(place, name):
                    Members.rules[getattr(place, name)] = rule
    for names, rule in _ATTRIBUTES.items():
        for name in names.split():
            Members.rules[getattr(Tensor, name).__get__] = rule
    gradient: Any = Tensor.grad
    Members.rules[gradient.__set__] = _plain
    Members.rules[torch.autograd.grad] = _gradients
    Members.rules[torch.autograd.backward] = _backward


_add_rules()
