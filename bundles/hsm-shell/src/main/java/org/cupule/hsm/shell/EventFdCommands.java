package org.cupule.hsm.shell;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Parameter;
import org.cupule.host.EventFd;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.eventfd.EventFds.IoEventFdInfo;
import org.cupule.hsm.eventfd.EventFds.IrqFdInfo;
import org.cupule.hsm.eventfd.IoEventFd;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.Msi;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/**
 * Commands of event counters: what a guest signals, and what interrupts it. The shell owns counters by name; they are
 * made when they are first assigned, and end with {@code eventfd -c} or with the shell; so it must not go between two
 * commands.
 *
 * @threading any thread
 */
@Component(service = EventFdCommands.class, immediate = true, property = {"osgi.command.scope=hsm",
        "osgi.command.function=eventfd",
        "osgi.command.function=ioeventfd", "osgi.command.function=irqfd"})
public final class EventFdCommands {
    private final Platform platform;
    private final Map<String, EventFd> counters = new ConcurrentSkipListMap<>();

    /** Made by the component runtime. */
    @Activate
    public EventFdCommands(@Reference Platform platform) {
        this.platform = platform;
    }

    @Deactivate
    void deactivate() {
        counters.values().forEach(EventFd::close);
    }

    // ---------------------------------------------------------------- the counters

    /** Lists the counters of the shell. */
    @Descriptor("lists the event counters of this shell")
    public Table eventfd() {
        var table = new Table("NAME", "COUNTER");
        counters.forEach(table::row);
        return table;
    }

    /** Reads, signals or ends a counter. */
    @Descriptor("takes what an event counter counts, which becomes 0; -a adds instead; -c closes it: its irqfds end")
    public String eventfd(
            @Descriptor("adds so much: who listens is signalled once") @Parameter(names = {"-a",
                    "--add"}, absentValue = "") String count,
            @Descriptor("closes it") @Parameter(names = {"-c",
                    "--close"}, presentValue = "true", absentValue = "false") boolean close,
            @Descriptor("name of the counter") String name) {
        if (close) {
            return closed(name);
        }
        if (count.isEmpty()) {
            return Long.toUnsignedString(known(name).take());
        }
        known(name).add(InspectCommands.number(count));
        return "%s was signalled".formatted(name);
    }

    private String closed(String name) {
        EventFd gone = known(name);
        counters.remove(name, gone);
        gone.close();
        return "%s is closed".formatted(name);
    }

    private EventFd known(String name) {
        EventFd found = counters.get(name);
        if (found == null) {
            throw new HsmException(Errno.ENOENT, "eventfd",
                    "there is no event counter '%s'; there are %s; ioeventfd and irqfd make one".formatted(name,
                            counters.keySet()));
        }
        return found;
    }

    private EventFd counter(VirtualMachine vm, String name) {
        return counters.computeIfAbsent(name, fresh -> vm.eventFds().create());
    }

    private String name(String counter) {
        return counters.entrySet().stream().filter(entry -> entry.getValue().toString().equals(counter))
                .map(Map.Entry::getKey).findFirst().orElse("-");
    }

    // ---------------------------------------------------------------- ioeventfd

    /** Lists the ioeventfds of a VM. */
    @Descriptor("lists which writes of a VM's guest signal an event counter")
    public Table ioeventfd(@Descriptor("number or machine name") String vm) {
        var table = new Table("NAME", "COUNTER", "WRITE", "SIGNALS", "BY");
        for (IoEventFdInfo info : platform.vm(vm).eventFds().ioEventFds()) {
            table.row(name(info.eventFd()), info.eventFd(), info.ioEventFd(), info.signals(), by(info.offloaded()));
        }
        return table;
    }

    private static String by(boolean offloaded) {
        return offloaded ? "hypervisor" : "HSM";
    }

    /** Removes an ioeventfd. */
    @Descriptor("-d removes the oldest ioeventfd of an event counter")
    public String ioeventfd(
            @Descriptor("removes it") @Parameter(names = {"-d",
                    "--deassign"}, presentValue = "true", absentValue = "false") boolean deassign,
            @Descriptor("number or machine name") String vm, @Descriptor("name of the counter") String name) {
        requireOption(deassign, "ioeventfd -d VM NAME removes one, ioeventfd VM NAME port:0x510 2 assigns one");
        platform.vm(vm).eventFds().deassignIoEventFd(known(name));
        return "%s is not signalled by %s there any more".formatted(name, vm);
    }

    private static void requireOption(boolean there, String usage) {
        if (!there) {
            throw new HsmException(Errno.EINVAL, "eventfd", usage);
        }
    }

    /** Assigns an ioeventfd for any value. */
    @Descriptor("signals an event counter at each write of a VM's guest to an address")
    public String ioeventfd(@Descriptor("number or machine name") String vm,
            @Descriptor("name of the counter, made if it is new") String name,
            @Descriptor("port:0x510 or mmio:0xC0003000") String address,
            @Descriptor("longest write in bytes: 1, 2, 4 or 8") int lengthBytes) {
        return assign(vm, name, at(address, lengthBytes));
    }

    /** Assigns an ioeventfd for one value. */
    @Descriptor("signals an event counter at each write of one value")
    public String ioeventfd(@Descriptor("number or machine name") String vm,
            @Descriptor("name of the counter, made if it is new") String name,
            @Descriptor("port:0x510 or mmio:0xC0003000") String address,
            @Descriptor("longest write in bytes: 1, 2, 4 or 8") int lengthBytes,
            @Descriptor("the value that signals") String value) {
        return assign(vm, name, at(address, lengthBytes).matching(InspectCommands.number(value)));
    }

    private static IoEventFd at(String address, int lengthBytes) {
        String[] parts = address.split(":", 2);
        long number = InspectCommands.number(parts[parts.length - 1]);
        return switch (parts.length == 1 ? "" : parts[0]) {
            case "port" -> IoEventFd.port(Math.toIntExact(number & 0xFFFF), lengthBytes);
            case "mmio" -> IoEventFd.mmio(number, lengthBytes);
            default -> throw new HsmException(Errno.EINVAL, "ioeventfd",
                    "'" + address + "' is no address; write port:0x510 or mmio:0xC0003000");
        };
    }

    private String assign(String vm, String name, IoEventFd spec) {
        VirtualMachine found = platform.vm(vm);
        found.eventFds().assign(counter(found, name), spec);
        return "%s is signalled by %s at %s".formatted(name, vm, spec);
    }

    // ---------------------------------------------------------------- irqfd

    /** Lists the irqfds of a VM. */
    @Descriptor("lists which event counters interrupt a VM")
    public Table irqfd(@Descriptor("number or machine name") String vm) {
        var table = new Table("NAME", "COUNTER", "MESSAGE", "INJECTED", "REFUSED", "BY");
        for (IrqFdInfo info : platform.vm(vm).eventFds().irqFds()) {
            table.row(name(info.eventFd()), info.eventFd(), info.msi(), info.injections(), info.failures(),
                    by(info.offloaded()));
        }
        return table;
    }

    /** Removes an irqfd. */
    @Descriptor("-d ends the irqfd of an event counter, which becomes 0")
    public String irqfd(
            @Descriptor("ends it") @Parameter(names = {"-d",
                    "--deassign"}, presentValue = "true", absentValue = "false") boolean deassign,
            @Descriptor("number or machine name") String vm, @Descriptor("name of the counter") String name) {
        requireOption(deassign, "irqfd -d VM NAME ends one, irqfd VM NAME 0xFEE00000 0x41 assigns one");
        platform.vm(vm).eventFds().deassignIrqFd(known(name));
        return "%s does not interrupt %s any more".formatted(name, vm);
    }

    /** Assigns an irqfd. */
    @Descriptor("interrupts a VM with a message at each signal of an event counter")
    public String irqfd(@Descriptor("number or machine name") String vm,
            @Descriptor("name of the counter, made if it is new") String name,
            @Descriptor("address of the message: 0xFEE00000") String address,
            @Descriptor("data of the message: 0x41") String data) {
        VirtualMachine found = platform.vm(vm);
        Msi msi = new Msi(InspectCommands.number(address), InspectCommands.number(data));
        found.eventFds().assign(counter(found, name), msi);
        return "%s interrupts %s with %s".formatted(name, vm, msi);
    }
}
