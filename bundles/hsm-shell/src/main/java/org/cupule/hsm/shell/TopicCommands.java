package org.cupule.hsm.shell;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import org.apache.felix.service.command.Descriptor;
import org.cupule.abi.AcrnAcpiGenericAddress;
import org.cupule.abi.AcrnCstateData;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.interrupt.Interrupts;
import org.cupule.hsm.interrupt.IrqCount;
import org.cupule.hsm.power.Power;
import org.cupule.hypervisor.ServiceCpu;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.Msi;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * Commands for interrupts, C-states and the host's processors.
 *
 * @threading any thread
 */
@Component(service = TopicCommands.class, property = {"osgi.command.scope=hsm", "osgi.command.function=irq",
        "osgi.command.function=irqdelay", "osgi.command.function=msi", "osgi.command.function=power",
        "osgi.command.function=cpus", "osgi.command.function=removecpu"})
public final class TopicCommands {
    private static final int MESSAGES = 256;
    private static final Map<String, Integer> OPERATIONS = Map.of("high", Interrupts.HIGH, "low", Interrupts.LOW,
            "pulse", Interrupts.RAISING_PULSE, "fall", Interrupts.FALLING_PULSE);

    private final Platform platform;

    /** Made by the component runtime. */
    @Activate
    public TopicCommands(@Reference Platform platform) {
        this.platform = platform;
    }

    /** Lists interrupts. */
    @Descriptor("lists how often each interrupt came into a VM")
    public Table irq(@Descriptor("number or machine name") String vm) {
        var table = new Table("IRQ", "WHAT", "COUNT");
        for (IrqCount each : platform.vm(vm).interrupts().counts()) {
            table.row(each.irq(), each.irq() < MESSAGES
                    ? "GSI " + each.irq()
                    : "message, vector 0x%x".formatted(each.irq() - MESSAGES), each.count());
        }
        return table;
    }

    /** Drives a line. */
    @Descriptor("drives a line of a VM")
    public void irq(@Descriptor("number or machine name") String vm, @Descriptor("GSI 0 to 47") int gsi,
            @Descriptor("high, low, pulse (high and low) or fall (low and high)") String operation) {
        Integer code = OPERATIONS.get(operation);
        if (code == null) {
            throw new HsmException(Errno.EINVAL, "irq",
                    "'" + operation + "' is not one of high, low, pulse and fall");
        }
        platform.vm(vm).interrupts().line(gsi, code);
    }

    /** Throttles interrupts. */
    @Descriptor("holds each interrupt of a VM back for so long, against a storm; 0 ends that")
    public void irqdelay(@Descriptor("number or machine name") String vm, @Descriptor("milliseconds") long millis) {
        platform.vm(vm).interrupts().delay(millis);
    }

    /** Sends a message. */
    @Descriptor("sends a message-signalled interrupt into a VM")
    public void msi(@Descriptor("number or machine name") String vm, @Descriptor("address: 0xfee00000") String address,
            @Descriptor("data: 0x41 is vector 0x41") String data) {
        platform.vm(vm).interrupts().msi(new Msi(InspectCommands.number(address), InspectCommands.number(data)));
    }

    /** Lists C-states. */
    @Descriptor("lists the C-states of the processors, as a VM that is not running may know them")
    public Table power(@Descriptor("number or machine name") String vm) {
        VirtualMachine found = platform.vm(vm);
        var table = new Table("NUMBER", "TYPE", "LATENCY_US", "POWER_MW", "REGISTER");
        int count = ask(found, 0, Power.CX_COUNT)[0] & 0xFF;
        for (int number = 1; number <= count; number++) {
            var state = new AcrnCstateData(MemorySegment.ofArray(ask(found, number, Power.CX_DATA)));
            table.row(number, "C" + state.type(), state.latency(), state.power(), text(state.register()));
        }
        return table;
    }

    private static byte[] ask(VirtualMachine vm, int number, int type) {
        return vm.power().cpuState(Power.command(vm.vmid(), 0, number, type));
    }

    private static String text(AcrnAcpiGenericAddress register) {
        String space = switch (register.spaceId()) {
            case 0 -> "memory";
            case 1 -> "port";
            case 0x7F -> "fixed";
            default -> "space 0x%x".formatted(register.spaceId());
        };
        return "%s 0x%x".formatted(space, register.address());
    }

    /** Lists processors. */
    @Descriptor("lists the processors of the host side, under the default hypervisor")
    public Table cpus() {
        return cpus("");
    }

    /** Lists processors under a hypervisor. */
    @Descriptor("lists the processors of the host side")
    public Table cpus(@Descriptor("name of the hypervisor") String hypervisor) {
        var table = new Table("CPU", "APIC", "ONLINE", "REMOVABLE");
        for (ServiceCpu cpu : platform.hsm().serviceVm(hypervisor).cpus()) {
            table.row(cpu.number(), cpu.apicId(), cpu.online() ? "yes" : "no", cpu.removable() ? "yes" : "no");
        }
        return table;
    }

    /** Takes a processor away. */
    @Descriptor("takes a processor away from the host side, for VMs; there is no way back")
    public String removecpu(@Descriptor("its number, as C writes it: 3, 0x3") String number) {
        platform.hsm().serviceVm("").removeCpu(number);
        return "processor %s is for VMs now".formatted(number);
    }
}
