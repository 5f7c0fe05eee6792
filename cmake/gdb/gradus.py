"""gdb's view of gradus: Tensor, Module and module holders.

    (gdb) source /usr/local/share/gradus/gdb/gradus.py      (in ~/.gdbinit: always)
    (gdb) print x
    $1 = Tensor Float [2, 3] requires_grad=true {0.5, 1, 1.5, 2, 2.5, 3}
    (gdb) print net
    $2 = gradus::nn::SequentialImpl, 15 parameters = {0 = gradus::nn::LinearImpl, ...}

print/r shows the fields. Works on core files: nothing is called in the program.
"""

import struct

import gdb
import gdb.printing
import gdb.types

MAX_VALUES = 10

# What ScalarType's names are to struct.unpack. BFloat16 is the upper half of a float.
FORMATS = {
    "Byte": "B", "Char": "b", "Short": "h", "Int": "i", "Long": "q",
    "Half": "e", "Float": "f", "Double": "d", "Bool": "?", "BFloat16": "H",
}


def pointee(intrusive_ptr):
    """The object of an intrusive_ptr; None where there is none."""
    pointer = intrusive_ptr["object_"]
    return pointer.dereference() if int(pointer) != 0 else None


def dims(inline_vector):
    data = inline_vector["data_"]
    return [int(data[i]) for i in range(int(inline_vector["size_"]))]


def read(address, size):
    return bytes(gdb.selected_inferior().read_memory(address, size))


def requires_grad(impl):
    meta = int(impl["grad_meta"])
    if meta == 0:
        return False
    # GradMeta is complete in the library only, whose debug information may not be there: grad,
    # grad_fn, output_nr, requires_grad.
    _, grad_fn, _, flag = struct.unpack("=QQI?", read(meta, 21))
    return grad_fn != 0 or flag


def values(impl, dtype, limit):
    """The first elements in row-major order, as text."""
    code = FORMATS.get(dtype)
    storage = pointee(impl["storage"])
    count = min(int(impl["numel"]), limit)
    if code is None or storage is None or count == 0:
        return []
    sizes, strides = dims(impl["sizes"]), dims(impl["strides"])
    start, width = int(storage["data_"]), struct.calcsize("=" + code)
    result = []
    for i in range(count):
        offset = int(impl["offset"])
        for size, stride in zip(reversed(sizes), reversed(strides)):
            i, index = divmod(i, size)
            offset += index * stride
        value = struct.unpack("=" + code, read(start + offset * width, width))[0]
        if dtype == "BFloat16":
            value = struct.unpack("=f", struct.pack("=I", value << 16))[0]
        result.append("%g" % value if isinstance(value, float) else str(value).lower())
    return result


def describe_tensor(tensor):
    impl = pointee(tensor["impl_"])
    if impl is None:
        return "Tensor undefined"
    dtype = str(impl["dtype"]).rsplit("::", 1)[-1]
    shown = values(impl, dtype, MAX_VALUES)
    more = ", ..." if int(impl["numel"]) > len(shown) else ""
    return "Tensor %s %s requires_grad=%s {%s%s}" % (
        dtype, dims(impl["sizes"]), str(requires_grad(impl)).lower(), ", ".join(shown), more)


class TensorPrinter:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        try:
            return describe_tensor(self.value)
        except (gdb.error, struct.error, OverflowError) as error:  # not constructed yet, or gone
            return "Tensor (unreadable: %s)" % error


# gcc describes a class with virtual functions only where its vtable is: Module's is in the library,
# which may have no debug information. So modules are read by place: tables of name and value at
# these offsets in a Module, 32 bytes into each the vector's begin and end.
PARAMETERS, BUFFERS, CHILDREN = 24, 128, 232


def items(module, table):
    """The (name, address of the value)s of an OrderedDict of the module at this address."""
    begin, end = struct.unpack("=QQ", read(module + table + 32, 16))
    step = 32 + (16 if table == CHILDREN else 8)  # a std::string; a shared_ptr or a Tensor
    for item in range(begin, end, step):
        text, size = struct.unpack("=QQ", read(item, 16))
        yield read(text, size).decode(errors="replace") if size else "", item + 32


def tensors(module, table):
    for name, address in items(module, table):
        pointer = gdb.Value(address).cast(gdb.lookup_type("gradus::Tensor").pointer())
        yield name, pointer.dereference()


def children(module):
    for name, address in items(module, CHILDREN):
        yield name, struct.unpack("=Q", read(address, 8))[0]


def module_type(module):
    """The name of the module's class: that of its vtable."""
    vtable = struct.unpack("=Q", read(module, 8))[0]
    symbol = gdb.execute("info symbol %d" % vtable, to_string=True)
    prefix = "vtable for "
    if not symbol.startswith(prefix):
        return "gradus::nn::Module"
    return symbol[len(prefix):].split(" in section ")[0].rsplit(" + ", 1)[0].strip()


def count_parameters(module, seen):
    """Elements of the parameters of the module and its submodules; shared ones count once."""
    count = 0
    for _, tensor in tensors(module, PARAMETERS):
        impl = pointee(tensor["impl_"])
        if impl is not None and int(impl.address) not in seen:
            seen.add(int(impl.address))
            count += int(impl["numel"])
    return count + sum(count_parameters(child, seen) for _, child in children(module))


def describe_module(module):
    """Class, parameters in all, then parameters, buffers and submodules by name."""
    parts = ["%s = %s" % (name, describe_tensor(tensor))
             for table in (PARAMETERS, BUFFERS) for name, tensor in tensors(module, table)]
    parts += ["%s = %s" % (name, describe_module(child)) for name, child in children(module)]
    head = "%s, %s parameters" % (module_type(module), format(count_parameters(module, set()), ","))
    return "%s = {%s}" % (head, ", ".join(parts)) if parts else head


class ModulePrinter:
    """Of the module at an address."""

    def __init__(self, module):
        self.module = module

    def to_string(self):
        if self.module == 0:
            return "empty module holder"
        try:
            return describe_module(self.module)
        except (gdb.error, struct.error, OverflowError) as error:
            return "Module (unreadable: %s)" % error


def bases(class_type, offset=0):
    """The class and those that it derives from: names, and where they lie in it."""
    class_type = class_type.strip_typedefs()
    yield class_type.name or "", offset
    for field in class_type.fields():
        if field.is_base_class and hasattr(field, "bitpos"):  # a virtual base has no fixed place
            yield from bases(field.type, offset + field.bitpos // 8)


class Printers(gdb.printing.PrettyPrinter):
    """Picks the printer of a value by the classes that its class derives from."""

    def __call__(self, value):
        class_type = gdb.types.get_basic_type(value.type)
        if class_type.code != gdb.TYPE_CODE_STRUCT:
            return None
        for name, offset in bases(class_type):
            if name == "gradus::Tensor":
                return TensorPrinter(value)
            # A layer of the library may be known by name only.
            is_layer = name.startswith("gradus::nn::") and name.endswith("Impl")
            if (name == "gradus::nn::Module" or is_layer) and value.address is not None:
                return ModulePrinter(int(value.address) + offset)
            if name.startswith("gradus::nn::ModuleHolder<"):
                return ModulePrinter(int(value["impl_"]["_M_ptr"]))
        return None


gdb.printing.register_pretty_printer(None, Printers("gradus"), replace=True)
