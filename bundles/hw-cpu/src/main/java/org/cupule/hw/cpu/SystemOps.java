package org.cupule.hw.cpu;

import org.cupule.hardware.CpuExit;

/**
 * Software interrupts, the interrupt flag, CPUID, HLT and VMCALL.
 *
 * @threading confined to its CPU
 */
final class SystemOps {
    private final Processor cpu;
    private final Registers state;
    private final Events events;
    private final Cpuid cpuid;

    SystemOps(Processor cpu, Events events) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.events = events;
        this.cpuid = new Cpuid(cpu.spec, state);
    }

    // --- interrupts

    void interrupt(Op op) {
        if (state.v86() && op.kind != 3 && state.iopl() < 3) {
            throw cpu.gp(0);
        }
        software((int) op.imm, Events.SOFTWARE);
    }

    void int1() {
        software(X86.DB, Events.PRIVILEGED_SOFTWARE);
    }

    void into() {
        if (state.of()) {
            software(X86.OFV, Events.SOFTWARE);
        }
    }

    /** Delivers at once. A fault on the way is delivered for the INT instruction itself. */
    private void software(int vector, int kind) {
        cpu.entered = true;
        events.software(vector, kind);
    }

    void cli() {
        requireInterruptRight();
        state.flags &= ~X86.IF;
    }

    void sti() {
        requireInterruptRight();
        if ((state.flags & X86.IF) == 0) {
            state.flags |= X86.IF;
            cpu.hold(false);
        }
    }

    private void requireInterruptRight() {
        if ((state.cr0 & X86.CR0_PE) != 0 && state.cpl > state.iopl()) {
            throw cpu.gp(0);
        }
    }

    void bound(Op op) {
        long offset = cpu.offset(op);
        long lower = bound(op, offset);
        long upper = bound(op, offset + op.size & op.addressMask);
        long index = Processor.signExtend(state.get(op.reg, op.size), op.size);
        if (index < lower || index > upper) {
            throw cpu.fault.of(X86.BR, Fault.NO_CODE);
        }
    }

    private long bound(Op op, long offset) {
        return Processor.signExtend(cpu.mmu.load(cpu.linear(op.segment, offset, op.size, false), op.size), op.size);
    }

    // --- the processor itself

    void hlt() {
        cpu.requireRing0();
        cpu.out(CpuExit.HLT);
    }

    void cpuid() {
        int leaf = (int) state.r[Registers.RAX];
        int sub = (int) state.r[Registers.RCX];
        if (leaf >>> 28 == 4) {
            long eax = cpu.log.ask(CpuExit.CPUID, leaf & 0xFFFF_FFFFL, sub & 0xFFFF_FFFFL);
            numbers((int) eax, (int) cpu.log.next(), (int) cpu.log.next(), (int) cpu.log.next());
            return;
        }
        cpuid.leaf(leaf, sub, true);
        numbers(cpuid.eax, cpuid.ebx, cpuid.ecx, cpuid.edx);
    }

    private void numbers(int eax, int ebx, int ecx, int edx) {
        state.set(Registers.RAX, 4, eax);
        state.set(Registers.RBX, 4, ebx);
        state.set(Registers.RCX, 4, ecx);
        state.set(Registers.RDX, 4, edx);
    }

    /** Leaves the guest in every mode; who may call is the hypervisor's business (SDM volume 3, "VMCALL"). */
    void vmcall() {
        state.r[Registers.RAX] = cpu.log.ask(CpuExit.HYPERCALL, 0, 0);
    }

    /** Tells of an unknown instruction. {@return #UD} */
    Fault unknown(Op op) {
        long linear = cpu.mmu.wrap(state.segmentBase() + state.r[Registers.HEAD] + op.offset);
        byte[] bytes = new byte[Math.min(op.length, Decoder.MOST)];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) cpu.mmu.code8(linear + i);
        }
        cpu.context.unknownInstruction(linear, bytes);
        return cpu.ud();
    }
}
