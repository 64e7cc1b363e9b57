package org.cupule.hsm.impl.device;

import java.util.stream.IntStream;
import org.cupule.abi.AcrnRegs;
import org.cupule.abi.AcrnVcpuRegs;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hypervisor.VcpuState;

/**
 * SET_VCPU_REGS ({@code hsm.md} 5.1).
 *
 * @threading any thread
 */
final class StartRegisters {
    private static final int GENERAL = 16;
    private static final int SELECTORS = 8;

    private StartRegisters() {
    }

    static void set(VirtualMachine vm, AcrnVcpuRegs argument) {
        AcrnRegs registers = argument.regs();
        OpenHandle.check(argument.reservedIsZero() && registers.reserved32IsZero() && registers.reserved64IsZero()
                && registers.gdt().reservedIsZero() && registers.idt().reservedIsZero(), "SET_VCPU_REGS");
        vm.setRegisters(argument.vcpuId(), state(registers));
    }

    private static VcpuState state(AcrnRegs from) {
        return new VcpuState(IntStream.range(0, GENERAL).mapToLong(from.gprs()::register).toArray(), from.rip(),
                from.rflags(), from.cr0(), from.cr3(), from.cr4(), from.efer(), from.csBase(), from.csLimit(),
                from.csAr(), IntStream.range(0, SELECTORS).map(from::selector).toArray(), from.gdt().base(),
                from.gdt().limit(), from.idt().base(), from.idt().limit());
    }
}
