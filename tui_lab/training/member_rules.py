"""How the commonest functions of torch are taken for all members: as they are, with rows lined up.

`torch.vmap` gives the same and takes 60 µs for it; a step of linear regression has a dozen of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from tui_lab.errors import ExperimentError
from tui_lab.training.member_numbers import MemberNumbers, agreed
from tui_lab.training.member_products import linear, matmul, ndim
from tui_lab.training.members import Function, Members, Rule, mapped, wrapped

_ALIKE = (
    "abs clamp clamp_max clamp_min clone contiguous cos cpu cuda detach double elu exp float gelu "
    "half int isfinite isinf isnan leaky_relu log log1p logical_not long nan_to_num neg "
    "ones_like relu rsqrt sigmoid sign silu sin softplus sqrt square tanh to zeros_like"
)
"""One row's result hangs on no other row, and on no shape."""
_IN_PLACE = "copy_ detach_ fill_ requires_grad_ retain_grad zero_ sqrt_ neg_ clamp_ clamp_min_"
_POINTWISE = (
    "add addcdiv addcmul bitwise_and bitwise_or div eq ge gt le lerp logical_and logical_or lt "
    "maximum minimum mul ne pow sub true_divide where __and__ __or__ __pow__ __rdiv__ __rpow__ "
    "__rsub__ __rtruediv__ __truediv__"
)
_POINTWISE_IN_PLACE = "add_ addcdiv_ addcmul_ copy_ div_ lerp_ mul_ pow_ sub_"
_GETTERS = "_version device dtype is_cuda is_leaf is_sparse layout requires_grad grad_fn"


def _alike(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    first, *rest = args
    if any(isinstance(each, Members | MemberNumbers) for each in (*rest, *kwargs.values())):
        return _pointwise(func, args, kwargs)
    result = func(*args, **kwargs)
    return result if result is first else wrapped(result)


def _in_place(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    func(*args, **kwargs)
    return args[0]


def _pointwise(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    lined, rest = _lined_up(args, kwargs)
    return wrapped(func(*lined, **rest))


def _pointwise_in_place(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    if not isinstance(args[0], Members):
        raise ExperimentError(
            "A tensor that the members of this population share is written to by each of them; "
            "make it in build() with a function of torch, and each has its own."
        )
    lined, rest = _lined_up(args, kwargs)
    if lined[0].data_ptr() != args[0].data_ptr() or lined[0].dtype != args[0].dtype:
        raise ExperimentError("A number of each member is written to where it stands.")
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
    most = max(map(ndim, args))
    dtype = _dtype(args, most)
    return [_row_shaped(each, most, dtype) for each in args], kwargs


def _dtype(args: tuple[Any, ...], most: int) -> torch.dtype | None:
    """What a number, and a member's tensor without dimensions, is computed in."""
    for each in args:
        if isinstance(each, Tensor) and each.is_floating_point() and ndim(each) == most:
            return each.dtype
    return None


def _row_shaped(value: Any, most: int, dtype: torch.dtype | None) -> Any:
    if isinstance(value, MemberNumbers):
        value = value.stack.to(dtype or torch.get_default_dtype())
        return value.reshape(-1, *(1,) * most)
    if not isinstance(value, Members) or (missing := most + 1 - value.dim()) == 0:
        return value
    if dtype is not None and value.dim() == 1 and value.is_floating_point():
        value = value.to(dtype)
    return value.reshape(value.shape[0], *(1,) * missing, *value.shape[1:])


def _reshape(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    stack, *shape = args
    if kwargs or not shape or isinstance(shape[0], torch.dtype):
        return mapped(func, args, kwargs)
    sizes = shape[0] if isinstance(shape[0], tuple | list) else shape
    return wrapped(func(stack, (stack.shape[0], *sizes)))


def _getitem(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    source, index = args
    if isinstance(index, slice) and isinstance(source, Members):
        return wrapped(func(source, (slice(None), index)))
    if isinstance(index, Members) and index.dtype == torch.int64:
        if not isinstance(source, Members):
            return wrapped(func(source, index))
        count, rows = source.shape[:2]
        first = torch.arange(0, count * rows, rows, device=index.device)
        index = torch.where(index < 0, index + rows, index)
        index = index + first.reshape(-1, *(1,) * (index.dim() - 1))
        flat = source.reshape(count * rows, *source.shape[2:])
        found = flat.index_select(0, index.reshape(-1))
        return wrapped(found.reshape(*index.shape, *source.shape[2:]))
    return mapped(func, args, kwargs)


def _setitem(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    target, index, value = args
    parts = index if isinstance(index, tuple) else (index,)
    if not isinstance(target, Members) or any(isinstance(part, Members) for part in parts):
        raise ExperimentError("Each member of this population writes to a place of its own.")
    func(target, (slice(None), *parts), value)


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
    loss = args[0]
    if loss[0].numel() != 1:
        raise RuntimeError("grad can be implicitly created only for scalar outputs")
    func(loss.sum(), *args[1:], **kwargs)


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
    _POINTWISE: _pointwise,
    _POINTWISE_IN_PLACE: _pointwise_in_place,
    "matmul __matmul__ mm": matmul,
    "linear": linear,
    "sum mean amax amin": _whole_or_along,
    "argmax argmin logsumexp log_softmax softmax unsqueeze cumsum": _along,
    "gather": _gather,
    "cat stack": _joined,
    "__setitem__": _setitem,
    "reshape view": _reshape,
    "__getitem__": _getitem,
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


_add_rules()
