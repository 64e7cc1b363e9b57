package org.cupule.hv.sim;

import static org.cupule.hardware.CpuExit.CR8;
import static org.cupule.hardware.CpuExit.MMIO;
import static org.cupule.hardware.CpuExit.MSR;
import static org.cupule.hardware.CpuExit.PORT;

import org.cupule.abi.IoRequestPage;
import org.cupule.hardware.Cpu;
import org.cupule.hardware.CpuExit;
import org.cupule.hardware.EptWalk;
import org.cupule.hardware.Lapic;
import org.cupule.hv.sim.passthrough.AssignedDevices;
import org.cupule.types.AddressSpace;
import org.cupule.types.Behaviour;

/**
 * Where the accesses of one vCPU go that no RAM answers.
 *
 * <pre>
 *  port  0x20 0x21 0xA0 0xA1 0x4D0 0x4D1     8259 pair
 *  port  0xCF8-0xCFF, some                   PciPorts
 *  port, memory of assigned devices          AssignedDevices
 *  page  IA32_APIC_BASE, in xAPIC mode       local APIC
 *  page  0xFEC00000                          I/O APIC
 *  MSR   0x1B 0x6E0 0x800-0x8FF, CR8         local APIC
 *  MSR   others                              nobody: #GP(0)
 *  else                                      the HSM, through the slot
 * </pre>
 *
 * @threading confined to the thread that runs the vCPU, or to who has quiesced it
 */
final class Accesses {
    private static final int GENERAL_PROTECTION = 13;
    private static final long PAGE_MASK = 0xFFF;
    private static final long IOAPIC_PAGE = 0xFEC0_0000L;
    private static final long APIC_ENABLED = 1 << 11;
    private static final long APIC_X2 = 1 << 10;
    private static final long NO_PAGE = -1;
    private static final int APIC_BASE_MSR = 0x1B;
    private static final int TSC_DEADLINE_MSR = 0x6E0;

    private final SimPartition vm;
    private final Vcpu vcpu;
    private final Requests requests;
    private final InterruptFabric fabric;
    private final boolean acrn;
    private final EptWalk walk = new EptWalk();
    private final AssignedDevices devices;
    private final long[] msr = new long[1];
    private final long[] answer = new long[1];
    private long apicPage;

    Accesses(SimPartition vm, Vcpu vcpu, Requests requests) {
        this.vm = vm;
        this.vcpu = vcpu;
        this.requests = requests;
        this.fabric = vm.fabric;
        this.devices = vm.devices;
        this.acrn = vm.behaviour() == Behaviour.ACRN;
    }

    /** Answers an access, or hands it to the HSM. */
    void handle(CpuExit exit) {
        switch (exit.space) {
            case PORT -> port(exit);
            case MMIO -> memory(exit);
            case MSR -> msr(exit);
            case CR8 -> taskPriority(exit);
            default -> throw new IllegalStateException("access to unknown space " + exit.space);
        }
    }

    private void port(CpuExit exit) {
        if (isPic((int) exit.address)) {
            pic(exit);
        } else if (vm.pciPorts.takes(exit, answer)) {
            cpu().answer(answer[0]);
        } else if (devices.owns(AddressSpace.PORTIO, exit.address, exit.size)) {
            assigned(AddressSpace.PORTIO, exit);
        } else {
            requests.send(exit, IoRequestPage.PORTIO);
        }
    }

    private static boolean isPic(int port) {
        return (port & ~0x81) == 0x20 || (port & ~1) == 0x4D0;
    }

    /** A wider access falls apart into bytes at consecutive ports, as on the ISA bus. */
    private void pic(CpuExit exit) {
        long value = 0;
        for (int i = 0; i < exit.size; i++) {
            int port = (int) exit.address + i;
            if (!isPic(port)) {
                value |= 0xFFL << 8 * i;
            } else if (exit.write) {
                fabric.writePic(port, (int) (exit.value >>> 8 * i) & 0xFF);
            } else {
                value |= (fabric.readPic(port) & 0xFFL) << 8 * i;
            }
        }
        cpu().answer(value);
    }

    private void memory(CpuExit exit) {
        long page = exit.address & ~PAGE_MASK;
        if (page == apicPage) {
            apic(exit);
        } else if (page == IOAPIC_PAGE) {
            ioapic(exit);
        } else if (devices.owns(AddressSpace.MMIO, exit.address, exit.size)) {
            assigned(AddressSpace.MMIO, exit);
        } else {
            boolean guarded = exit.write && vm.memory.writeProtected(exit.address, walk);
            requests.send(exit, guarded ? IoRequestPage.WRITE_PROTECT : IoRequestPage.MMIO);
        }
    }

    /** A device of the host, or of the hypervisor. */
    private void assigned(AddressSpace space, CpuExit exit) {
        long value = 0;
        int inside = vcpu.beginCall();
        try {
            if (exit.write) {
                devices.write(space, exit.address, exit.size, exit.value);
            } else {
                value = devices.read(space, exit.address, exit.size);
            }
        } finally {
            vcpu.endCall(inside);
        }
        cpu().answer(value);
    }

    /** Registers are 4 bytes at 16-byte boundaries; a write that is not just that has no effect (SDM volume 3). */
    private void apic(CpuExit exit) {
        int offset = (int) (exit.address & PAGE_MASK);
        int inside = offset & 0xF;
        long value = 0;
        if (exit.write) {
            if (inside == 0 && exit.size >= 4) {
                lapic().write(offset, (int) exit.value);
            }
        } else if (inside < 4) {
            value = (lapic().read(offset & ~0xF) & 0xFFFF_FFFFL) >>> 8 * inside;
        }
        vcpu.interruptsChanged();
        cpu().answer(value);
    }

    /** ACRN takes accesses of 4 bytes only ({@code hsm.md} 14.1); the data sheet's registers are all of them. */
    private void ioapic(CpuExit exit) {
        if (exit.size != 4 && acrn) {
            cpu().fault(GENERAL_PROTECTION, 0);
            return;
        }
        int offset = (int) (exit.address & PAGE_MASK);
        long value = 0;
        if (exit.write) {
            fabric.writeIoApic(offset, (int) exit.value);
        } else {
            value = (fabric.readIoApic(offset & ~3) & 0xFFFF_FFFFL) >>> 8 * (offset & 3);
        }
        cpu().answer(value);
    }

    private void msr(CpuExit exit) {
        int number = (int) exit.address;
        boolean known = number == APIC_BASE_MSR || number == TSC_DEADLINE_MSR || number >>> 8 == 0x8;
        if (!known) {
            vm.unhandledMsr(vcpu, number, exit.write, exit.value);
        }
        if (!known || !apicMsr(exit, number)) {
            cpu().fault(GENERAL_PROTECTION, 0);
        }
    }

    private boolean apicMsr(CpuExit exit, int number) {
        boolean done = exit.write ? lapic().writeMsr(number, exit.value) : lapic().readMsr(number, msr);
        if (done) {
            vcpu.interruptsChanged();
            findApicPage();
            cpu().answer(msr[0]);
        }
        return done;
    }

    private void taskPriority(CpuExit exit) {
        if (exit.write) {
            lapic().cr8((int) exit.value);
            vcpu.interruptsChanged();
        }
        cpu().answer(lapic().cr8());
    }

    /** Looks anew where the local APIC's page is: its base register, its mode or the model has changed. */
    void findApicPage() {
        long base = lapic().base();
        boolean mapped = (base & (APIC_ENABLED | APIC_X2)) == APIC_ENABLED;
        apicPage = mapped ? base & ~PAGE_MASK : NO_PAGE;
    }

    private Cpu cpu() {
        return vcpu.cpu();
    }

    private Lapic lapic() {
        return vcpu.lapic();
    }
}
