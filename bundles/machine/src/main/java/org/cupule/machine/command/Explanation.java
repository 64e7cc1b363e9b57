package org.cupule.machine.command;

import java.util.Map;
import org.cupule.hsm.VirtualMachine;
import org.cupule.types.HsmException;

/**
 * What a guest was doing, for people: one line a processor.
 *
 * @threading any thread
 */
final class Explanation {
    private static final long INTERRUPT_FLAG = 1 << 9;

    private final VirtualMachine vm;
    private final SymbolMap symbols;

    Explanation(VirtualMachine vm, SymbolMap symbols) {
        this.vm = vm;
        this.symbols = symbols;
    }

    /** {@return what each processor was doing; the VM stands still} */
    String processors() {
        var text = new StringBuilder();
        for (int vcpu = 0; vcpu < vm.vcpuCount(); vcpu++) {
            text.append(vcpu == 0 ? "" : System.lineSeparator()).append(processor(vcpu));
        }
        return text.toString();
    }

    private String processor(int vcpu) {
        String activity = vm.activity(vcpu);
        try {
            return "processor %d was %s%s".formatted(vcpu, activity, where(vm.registers(vcpu)));
        } catch (HsmException e) {
            return "processor %d was %s".formatted(vcpu, activity);
        }
    }

    private String where(Map<String, Long> registers) {
        long rip = registers.getOrDefault("RIP", 0L);
        boolean deaf = (registers.getOrDefault("RFLAGS", 0L) & INTERRUPT_FLAG) == 0;
        return " at RIP 0x%x%s, interrupts %s".formatted(rip, symbols.at(rip).map(name -> " (" + name + ")").orElse(""),
                deaf ? "off" : "on");
    }
}
