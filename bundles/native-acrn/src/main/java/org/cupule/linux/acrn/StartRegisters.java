package org.cupule.linux.acrn;

import org.cupule.abi.AcrnDescriptorPtr;
import org.cupule.abi.AcrnRegs;
import org.cupule.abi.AcrnVcpuRegs;
import org.cupule.hypervisor.VcpuState;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Registers as C has them ({@code hsm.md} 2.5, 5).
 *
 * @threading any thread
 */
final class StartRegisters {
    private static final int MOST = 0xFFFF;

    private StartRegisters() {
        // functions only
    }

    static void fill(AcrnVcpuRegs to, int vcpu, VcpuState from) {
        if (vcpu < 0 || vcpu > MOST) { // it would be cut to 16 bits, and be another one's
            throw new HsmException(Errno.EPERM, "setRegisters", "there is no vCPU " + vcpu);
        }
        to.vcpuId(vcpu);
        AcrnRegs regs = to.regs();
        for (int i = 0; i < from.general().length; i++) {
            regs.gprs().register(i, from.general()[i]);
        }
        regs.rip(from.rip());
        regs.rflags(from.rflags());
        regs.cr0(from.cr0());
        regs.cr3(from.cr3());
        regs.cr4(from.cr4());
        regs.efer(from.efer());
        regs.csBase(from.csBase());
        regs.csLimit(from.csLimit());
        regs.csAr(from.csAttributes());
        for (int i = 0; i < from.selectors().length; i++) {
            regs.selector(i, from.selectors()[i]);
        }
        fill(regs.gdt(), from.gdtBase(), from.gdtLimit());
        fill(regs.idt(), from.idtBase(), from.idtLimit());
    }

    private static void fill(AcrnDescriptorPtr table, long base, int limit) {
        table.base(base);
        table.limit(limit);
    }
}
