package org.cupule.hw.cpu;

import java.lang.invoke.VarHandle;

/**
 * Sends an operation that the interpreter does not execute itself to its family.
 *
 * @threading confined to its CPU
 */
final class Families {
    final Alu alu;
    final ShiftOps shifts;
    final MultiplyOps multiply;
    final Events events;
    final ControlOps control;
    private final Processor cpu;
    private final Registers state;
    private final IntegerOps integer;
    private final BitOps bits;
    private final DecimalOps decimal;
    private final StackOps stack;
    private final SegmentOps segments;
    private final FarOps far;
    private final StringOps strings;
    private final PortOps ports;
    private final MsrOps msrs;
    private final SystemOps system;
    final FpuOps fpu;
    private final SimdOps simd;

    Families(Processor cpu) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.alu = new Alu(state);
        this.shifts = new ShiftOps(cpu);
        this.multiply = new MultiplyOps(cpu);
        this.integer = new IntegerOps(cpu, alu);
        this.bits = new BitOps(cpu, integer);
        this.decimal = new DecimalOps(cpu, alu);
        this.segments = new SegmentOps(cpu);
        var tasks = new TaskOps(cpu, segments);
        this.events = new Events(cpu, segments, tasks);
        this.stack = new StackOps(cpu, segments);
        this.far = new FarOps(cpu, segments, tasks);
        this.ports = new PortOps(cpu, tasks);
        this.strings = new StringOps(cpu, alu, ports);
        this.control = new ControlOps(cpu);
        this.msrs = new MsrOps(cpu, control);
        this.system = new SystemOps(cpu, events);
        this.fpu = new FpuOps(cpu, system);
        this.simd = new SimdOps(cpu);
    }

    void execute(Op op) {
        if (op.code < Code.PUSH) {
            integers(op);
        } else if (op.code < Code.HLT) {
            undoing(op);
        } else {
            systems(op);
        }
    }

    private void integers(Op op) {
        switch (op.code) {
            case Code.ALU -> integer.alu(op);
            case Code.TEST -> integer.test(op);
            case Code.MOV -> integer.mov(op);
            case Code.INCDEC -> integer.incdec(op);
            case Code.NOT -> integer.not(op);
            case Code.NEG -> integer.neg(op);
            case Code.MUL -> multiply.multiply(op, false);
            case Code.IMUL1 -> multiply.multiply(op, true);
            case Code.IMUL2 -> multiply.imul(op, false);
            case Code.IMUL3 -> multiply.imul(op, true);
            case Code.DIV -> multiply.divide(op, false);
            case Code.IDIV -> multiply.divide(op, true);
            case Code.SHIFT -> shifts.shift(op);
            case Code.SHLD -> shifts.shiftDouble(op, true);
            case Code.SHRD -> shifts.shiftDouble(op, false);
            case Code.BT -> bits.test(op);
            case Code.BSF -> bits.scan(op, false);
            case Code.BSR -> bits.scan(op, true);
            case Code.POPCNT -> bits.popcnt(op);
            case Code.BSWAP -> integer.bswap(op);
            case Code.XCHG -> integer.xchg(op);
            case Code.XADD -> integer.xadd(op);
            case Code.CMPXCHG -> integer.cmpxchg(op);
            case Code.CMPXCHG8B -> integer.cmpxchg8b(op);
            case Code.SETCC -> integer.setcc(op);
            case Code.CMOV -> integer.cmov(op);
            case Code.MOVZX8, Code.MOVZX16 -> integer.widen(op, op.imm2, false);
            case Code.MOVSX8, Code.MOVSX16 -> integer.widen(op, op.imm2, true);
            case Code.MOVSXD -> integer.widen(op, Math.min(4, op.size), true);
            case Code.LEA -> integer.lea(op);
            case Code.CBW -> integer.cbw(op);
            case Code.CWD -> integer.cwd(op);
            case Code.LAHF -> integer.lahf();
            case Code.SAHF -> integer.sahf();
            case Code.CLC -> state.flag(X86.CF, 0);
            case Code.STC -> state.flag(X86.CF, X86.CF);
            case Code.CMC -> state.flag(X86.CF, state.cf() ? 0 : X86.CF);
            case Code.CLD -> state.flags &= ~X86.DF;
            case Code.STD -> state.flags |= X86.DF;
            case Code.CLI -> system.cli();
            case Code.STI -> system.sti();
            case Code.XLAT -> integer.xlat(op);
            case Code.SALC -> state.set8(Registers.RAX, state.cf() ? 0xFF : 0);
            case Code.DAA -> decimal.adjust(true);
            case Code.DAS -> decimal.adjust(false);
            case Code.AAA -> decimal.ascii(true);
            case Code.AAS -> decimal.ascii(false);
            case Code.AAM -> decimal.aam(op);
            case Code.AAD -> decimal.aad(op);
            case Code.ARPL -> segments.arpl(op);
            default -> system.bound(op);
        }
    }

    /** A fault or an exit between two pushes leaves no trace in RSP. */
    private void undoing(Op op) {
        long rsp = state.r[Registers.RSP];
        long version = cpu.stackVersion;
        try {
            stackAndTransfers(op);
        } catch (Fault | Leave e) {
            if (version == cpu.stackVersion) {
                state.r[Registers.RSP] = rsp;
            }
            throw e;
        }
    }

    private void stackAndTransfers(Op op) {
        switch (op.code) {
            case Code.PUSH -> stack.push(op);
            case Code.POP -> stack.pop(op);
            case Code.PUSH_SEG -> stack.pushSegment(op);
            case Code.POP_SEG -> stack.popSegment(op);
            case Code.PUSHA -> stack.pusha(op);
            case Code.POPA -> stack.popa(op);
            case Code.PUSHF -> stack.pushf(op);
            case Code.POPF -> stack.popf(op);
            case Code.ENTER -> stack.enter(op);
            case Code.LEAVE -> stack.leave(op);
            case Code.CALL -> stack.call(op);
            case Code.CALL_E -> stack.callIndirect(op);
            case Code.JMP_E -> stack.jumpIndirect(op);
            case Code.RET -> stack.ret(op);
            case Code.LOOP -> stack.loop(op);
            case Code.JCXZ -> stack.jcxz(op);
            case Code.CALLF -> far.call(op);
            case Code.CALLF_E -> far.indirect(op, true);
            case Code.JMPF -> far.jump(op);
            case Code.JMPF_E -> far.indirect(op, false);
            case Code.RETF -> far.ret(op);
            case Code.INT -> system.interrupt(op);
            case Code.INT1 -> system.int1();
            case Code.INTO -> system.into();
            case Code.IRET -> far.iret(op);
            case Code.LXS -> segments.loadFar(op);
            case Code.MOV_FROM_SEG -> segments.movFrom(op);
            case Code.MOV_TO_SEG -> segments.movTo(op);
            case Code.SYSCALL -> far.syscall();
            case Code.SYSRET -> far.sysret(op);
            case Code.SYSENTER -> far.sysenter();
            case Code.SYSEXIT -> far.sysexit(op);
            case Code.MOVS, Code.CMPS, Code.STOS, Code.LODS, Code.SCAS, Code.INS, Code.OUTS -> string(op);
            case Code.IN -> ports.in(op);
            default -> ports.out(op);
        }
    }

    private void string(Op op) {
        if (!strings.execute(op)) {
            cpu.unfinished = true;
        }
    }

    private void systems(Op op) {
        switch (op.code) {
            case Code.HLT -> system.hlt();
            case Code.PAUSE -> Thread.onSpinWait();
            case Code.FENCE -> VarHandle.fullFence();
            case Code.CLFLUSH -> cpu.mmu.probe(cpu.readAddress(op, 1), false); // a device is not read
            case Code.WBINVD -> cpu.requireRing0();
            case Code.INVLPG -> control.invlpg(op);
            case Code.CLTS -> control.clts();
            case Code.SMSW -> control.smsw(op);
            case Code.LMSW -> control.lmsw(op);
            case Code.SGDT -> control.storeTable(op, state.gdtBase, state.gdtLimit);
            case Code.SIDT -> control.storeTable(op, state.idtBase, state.idtLimit);
            case Code.LGDT -> control.loadTable(op, false);
            case Code.LIDT -> control.loadTable(op, true);
            case Code.SLDT -> segments.store(op, X86.LDTR);
            case Code.STR -> segments.store(op, X86.TR);
            case Code.LLDT -> segments.lldt(op);
            case Code.LTR -> segments.ltr(op);
            case Code.LAR -> segments.inspect(op, true);
            case Code.LSL -> segments.inspect(op, false);
            case Code.VERR -> segments.verify(op, false);
            case Code.VERW -> segments.verify(op, true);
            case Code.MOV_FROM_CR -> control.movFrom(op);
            case Code.MOV_TO_CR -> control.movTo(op);
            case Code.MOV_FROM_DR -> control.movFromDebug(op);
            case Code.MOV_TO_DR -> control.movToDebug(op);
            case Code.RDMSR -> msrs.read();
            case Code.WRMSR -> msrs.write();
            case Code.RDTSC -> msrs.rdtsc();
            case Code.RDTSCP -> msrs.rdtscp();
            case Code.RDPMC -> throw cpu.gp(0);
            case Code.CPUID -> system.cpuid();
            case Code.VMCALL -> system.vmcall();
            case Code.SWAPGS -> msrs.swapgs();
            case Code.FPU -> fpu.execute(op);
            case Code.FWAIT -> fpu.fwait();
            case Code.SIMD -> simd.execute(op);
            case Code.UD -> throw cpu.ud();
            default -> throw system.unknown(op);
        }
    }
}
