package org.cupule.hsm.shell;

import java.util.Map;
import java.util.stream.Collectors;
import org.apache.felix.service.command.Descriptor;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.ioreq.ClientInfo;
import org.cupule.hsm.ioreq.IoTrace;
import org.cupule.hsm.memory.GuestMemory;
import org.cupule.hypervisor.Partition;
import org.cupule.ram.Access;
import org.cupule.types.Bdf;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * Commands that look into a VM: vCPUs, memory, I/O requests.
 *
 * @threading any thread
 */
@Component(service = InspectCommands.class, property = {"osgi.command.scope=hsm", "osgi.command.function=vcpus",
        "osgi.command.function=registers", "osgi.command.function=memory", "osgi.command.function=dump",
        "osgi.command.function=clients", "osgi.command.function=trace"})
public final class InspectCommands {
    private static final int ROW_BYTES = 16;
    private static final int MOST_BYTES = 64 << 10;

    private final Platform platform;

    /** Made by the component runtime. */
    @Activate
    public InspectCommands(@Reference Platform platform) {
        this.platform = platform;
    }

    /** Lists the vCPUs. */
    @Descriptor("lists the vCPUs of a VM and what each does now")
    public Table vcpus(@Descriptor("number or machine name") String vm) {
        VirtualMachine found = platform.vm(vm);
        var table = new Table("VCPU", "ACTIVITY");
        for (int vcpu = 0; vcpu < found.vcpuCount(); vcpu++) {
            table.row(vcpu, found.activity(vcpu));
        }
        return table;
    }

    /** Shows the registers of vCPU 0. */
    @Descriptor("shows the registers of vCPU 0; a running VM is paused for that moment")
    public String registers(@Descriptor("number or machine name") String vm) {
        return registers(vm, 0);
    }

    /** Shows the registers of a vCPU. */
    @Descriptor("shows the registers of a vCPU; a running VM is paused for that moment")
    public String registers(@Descriptor("number or machine name") String vm, @Descriptor("vCPU") int vcpu) {
        VirtualMachine found = platform.vm(vm);
        if (vcpu < 0 || vcpu >= found.vcpuCount()) {
            throw new HsmException(Errno.EINVAL, "registers",
                    "vCPU %d does not exist; VM %s has %d".formatted(vcpu, vm, found.vcpuCount()));
        }
        return columns(read(found, vcpu));
    }

    private static Map<String, Long> read(VirtualMachine vm, int vcpu) {
        if (vm.state() != Partition.State.RUNNING) {
            return vm.registers(vcpu);
        }
        vm.pause();
        try {
            return vm.registers(vcpu);
        } finally {
            vm.resume();
        }
    }

    private static String columns(Map<String, Long> registers) {
        var text = new StringBuilder();
        int column = 0;
        for (var register : registers.entrySet()) {
            text.append("%-14s %016x".formatted(register.getKey(), register.getValue()))
                    .append(++column % 3 == 0 ? System.lineSeparator() : "   ");
        }
        return text.toString().stripTrailing();
    }

    /** Lists the memory map. */
    @Descriptor("lists the memory map of a VM")
    public Table memory(@Descriptor("number or machine name") String vm) {
        var table = new Table("FIRST", "LAST", "KIB", "ACCESS", "TYPE", "WHAT");
        for (GuestMemory.Mapping mapping : platform.vm(vm).memory().mappings()) {
            table.row("%012x".formatted(mapping.gpa()), "%012x".formatted(mapping.gpa() + mapping.lengthBytes() - 1),
                    mapping.lengthBytes() >> 10, Access.text(mapping.access()), mapping.type(),
                    mapping.ram() ? "RAM" : "device");
        }
        return table;
    }

    /** Dumps guest memory. */
    @Descriptor("dumps guest memory")
    public String dump(@Descriptor("number or machine name") String vm,
            @Descriptor("guest physical address: 0x1000") String address,
            @Descriptor("bytes, at most 65536") int lengthBytes) {
        long gpa = number(address);
        int length = Math.clamp(lengthBytes, 1, MOST_BYTES);
        byte[] bytes = new byte[length];
        if (!platform.vm(vm).memory().read(gpa, bytes, 0, length)) {
            throw new HsmException(Errno.EFAULT, "dump",
                    "0x%x to 0x%x is not wholly RAM; hsm:memory %s lists what is".formatted(gpa, gpa + length - 1, vm));
        }
        var text = new StringBuilder();
        for (int row = 0; row < length; row += ROW_BYTES) {
            row(text, gpa + row, bytes, row, Math.min(ROW_BYTES, length - row));
        }
        return text.toString().stripTrailing();
    }

    private static void row(StringBuilder text, long gpa, byte[] bytes, int from, int count) {
        text.append("%012x ".formatted(gpa));
        var letters = new StringBuilder();
        for (int i = 0; i < count; i++) {
            int value = bytes[from + i] & 0xFF;
            text.append(" %02x".formatted(value));
            letters.append(value >= ' ' && value < 0x7F ? (char) value : '.');
        }
        text.append("   ".repeat(ROW_BYTES - count)).append("  ").append(letters).append(System.lineSeparator());
    }

    static long number(String text) {
        try {
            return Long.decode(text);
        } catch (NumberFormatException e) {
            throw new HsmException(Errno.EINVAL, "number", "'" + text + "' is no number; write 4096 or 0x1000", e);
        }
    }

    /** Lists the I/O request clients. */
    @Descriptor("lists the I/O request clients of a VM, their ranges and counters")
    public Table clients(@Descriptor("number or machine name") String vm) {
        var table = new Table("CLIENT", "FORM", "REQUESTS", "FAILURES", "RANGES");
        for (ClientInfo client : platform.vm(vm).ioRequests().clients()) {
            table.row(client.name(), client.form(), client.requests(), client.failures(),
                    client.ranges().isEmpty()
                            ? "-"
                            : client.ranges().stream().map(String::valueOf)
                                    .collect(Collectors.joining(", ")));
        }
        return table;
    }

    /** Shows the traced requests. */
    @Descriptor("shows the last I/O requests that were traced, oldest first")
    public Table trace(@Descriptor("number or machine name") String vm) {
        var table = new Table("NUMBER", "TIME_US", "VCPU", "TYPE", "ACCESS", "ADDRESS", "VALUE", "CLIENT");
        for (IoTrace request : platform.vm(vm).ioRequests().trace()) {
            table.row(request.number(), request.nanos() / 1000, request.vcpu(), type(request.type()),
                    (request.write() ? "write" : "read") + request.size(), address(request),
                    "0x%x".formatted(request.value()), request.client());
        }
        return table;
    }

    /** Switches tracing on or off. */
    @Descriptor("keeps the last N I/O requests from now on; 0 stops tracing")
    public String trace(@Descriptor("number or machine name") String vm, @Descriptor("N, at most 65536") int entries) {
        platform.vm(vm).ioRequests().trace(entries);
        return entries == 0
                ? "tracing is off"
                : "keeping the last %d requests; hsm:trace %s shows them".formatted(
                        entries, vm);
    }

    private static String type(int type) {
        return switch (type) {
            case IoRequestPage.PORTIO -> "port";
            case IoRequestPage.MMIO -> "mmio";
            case IoRequestPage.PCICFG -> "pci";
            default -> "protect";
        };
    }

    private static String address(IoTrace request) {
        return request.type() == IoRequestPage.PCICFG
                ? "%s+0x%x".formatted(Bdf.of((int) (request.address() >> 12) & 0xFFFF), request.address() & 0xFFF)
                : "0x%x".formatted(request.address());
    }
}
