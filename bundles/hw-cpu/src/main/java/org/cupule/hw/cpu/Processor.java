package org.cupule.hw.cpu;

import org.cupule.hardware.CpuContext;
import org.cupule.hardware.CpuSpec;

/**
 * What all families of operations share: registers, memory, and how operands are reached.
 *
 * @threading confined to its CPU
 */
final class Processor {
    final CpuSpec spec;
    final CpuContext context;
    final Registers state = new Registers();
    final Fault fault = new Fault();
    final Leave leave = new Leave();
    final AccessLog log = new AccessLog(leave);
    final Mmu mmu;
    final Msrs msrs = new Msrs();
    final Fpu fpu = new Fpu();
    final Simd simd = new Simd();
    /** Interrupts are held off until after the next instruction (STI, MOV SS). */
    boolean shadow;
    /** Debug exceptions are held off too (MOV SS). */
    boolean debugShadow;
    /** An NMI is being handled: no other until IRET. */
    boolean nmiBlocked;
    /** The running instruction is executed while all other CPUs stand still. */
    boolean exclusive;
    /** A repeated string instruction has stopped in between: it is to be executed again. */
    boolean unfinished;
    /** The running instruction was an INT, SYSCALL or the like: TF counts as it is behind it, not before. */
    boolean entered;
    /** A fault belongs to the task that the running instruction or event has switched to. */
    boolean taskEntered;
    /** Counts task switches: RSP is another one behind each. */
    long stackVersion;
    /** Why to leave when {@link Registers#OUT} is set. */
    private int reason;
    /** The FPU's control word. */
    int fpuControl = 0x40;
    /** Instructions retired before the running block. */
    long retiredBefore;
    /** Instructions of the running block that come before the running one. */
    int index;

    Processor(CpuSpec spec, CpuContext context) {
        this.spec = spec;
        this.context = context;
        this.mmu = new Mmu(state, context, log, fault, leave, spec.sharedMemory());
    }

    long retired() {
        return retiredBefore + index;
    }

    /** Holds interrupts off until after the next instruction. */
    void hold(boolean debugToo) {
        shadow = true;
        debugShadow = debugToo;
        state.watch(Registers.SHADOW, true);
    }

    /** Ends or puts back what {@link #hold} began. */
    void shadows(boolean interrupts, boolean debug) {
        shadow = interrupts;
        debugShadow = debug;
        state.watch(Registers.SHADOW, interrupts);
    }

    /** Leaves behind the present instruction. */
    void out(int why) {
        reason = why;
        state.watch(Registers.OUT, true);
    }

    /** Leaves before the present instruction, whose exit stands in the log: it is to be executed again. */
    void outAgain() {
        unfinished = true;
        out(log.exit.reason);
    }

    /** {@return why to leave, once} */
    int takeOut() {
        state.watch(Registers.OUT, false);
        return reason;
    }

    // --- faults

    Fault gp(int code) {
        return fault.of(X86.GP, code);
    }

    Fault ud() {
        return fault.of(X86.UD, Fault.NO_CODE);
    }

    void requireRing0() {
        if (state.cpl != 0) {
            throw gp(0);
        }
    }

    // --- memory operands

    /** {@return the effective address of an operation's memory operand} */
    long offset(Op op) {
        long[] r = state.r;
        return r[op.base] + (r[op.index] << op.scale) + op.disp & op.addressMask;
    }

    long readAddress(Op op, int size) {
        return linear(op.segment, offset(op), size, false);
    }

    long writeAddress(Op op, int size) {
        return linear(op.segment, offset(op), size, true);
    }

    /** {@return the linear address of a segment's bytes} or faults where the segment does not allow the access. */
    long linear(int segment, long offset, int size, boolean write) {
        long linear = bounded(segment, offset, size, write);
        requireAligned(linear, size);
        return linear;
    }

    /** As {@link #linear}, without the alignment check. */
    long bounded(int segment, long offset, int size, boolean write) {
        Segment s = state.segments[segment];
        if (state.long64) {
            long linear = segment >= X86.FS ? s.base + offset : offset;
            if (linear << 16 >> 16 != linear || linear + size - 1 << 16 >> 16 != linear + size - 1) {
                throw fault.of(segment == X86.SS ? X86.SS_ : X86.GP, 0);
            }
            return linear;
        }
        long end = offset + size - 1;
        if (offset < s.first || end > s.last || !(write ? s.writable : s.readable) && !state.realOrV86()) {
            throw fault.of(segment == X86.SS ? X86.SS_ : X86.GP, 0);
        }
        return s.base + offset & 0xFFFF_FFFFL;
    }

    /** With alignment checks on, #AC where an address is no multiple of the size, or of 8. */
    void requireAligned(long linear, int size) {
        if (state.aligned && (linear & Math.min(size, 8) - 1) != 0) {
            throw fault.of(X86.AC_, 0);
        }
    }

    /** Reads ModRM.rm, zero-extended. */
    long readRm(Op op) {
        return op.memory ? mmu.load(readAddress(op, op.size), op.size) : state.get(op.rm, op.size);
    }

    /** Reads ModRM.rm, which will be written: where that is refused the fault is a write's. */
    long readForWrite(Op op) {
        if (!op.memory) {
            return state.get(op.rm, op.size);
        }
        long address = writeAddress(op, op.size);
        mmu.probe(address, op.size);
        return mmu.load(address, op.size);
    }

    /** Reads ModRM.rm of another size than the operation's. */
    long readRm(Op op, int size) {
        return op.memory ? mmu.load(readAddress(op, size), size) : state.get(op.rm, size);
    }

    /** Writes ModRM.rm. */
    void writeRm(Op op, long value) {
        if (op.memory) {
            mmu.store(writeAddress(op, op.size), op.size, value);
        } else {
            state.set(op.rm, op.size, value);
        }
    }

    // --- the stack

    /** Pushes; RSP changes only when the store has been made. */
    void push(long value, int size) {
        long rsp = state.r[Registers.RSP];
        long offset = rsp - size & state.stackMask;
        mmu.store(linear(X86.SS, offset, size, true), size, value);
        stackPointer(offset);
    }

    /** Reads what lies at a distance above the stack pointer. */
    long peek(long distance, int size) {
        long offset = state.r[Registers.RSP] + distance & state.stackMask;
        return mmu.load(linear(X86.SS, offset, size, false), size);
    }

    long pop(int size) {
        long value = peek(0, size);
        release(size);
        return value;
    }

    /** Takes bytes off the stack. */
    void release(long bytes) {
        stackPointer(state.r[Registers.RSP] + bytes & state.stackMask);
    }

    /** Sets the part of RSP that the stack's width covers. */
    void stackPointer(long offset) {
        long mask = state.stackMask;
        state.r[Registers.RSP] = mask == 0xFFFF ? state.r[Registers.RSP] & ~mask | offset & mask : offset & mask;
    }

    // --- branches

    /** Goes to an offset in CS: #GP(0) where that lies outside. */
    void jump(long target, int size) {
        state.rip = checked(size == 2 ? target & 0xFFFF : size == 4 ? target & 0xFFFF_FFFFL : target);
    }

    long checked(long target) {
        if (state.long64 ? target << 16 >> 16 != target : target > state.segments[X86.CS].limit) {
            throw gp(0);
        }
        return target;
    }

    /** {@return the linear address of the instruction pointer} */
    long linearRip() {
        return state.long64 ? state.rip : state.segments[X86.CS].base + state.rip & 0xFFFF_FFFFL;
    }

    /** Follows changes of CS, SS, CR0, EFER or the CPL. */
    void modeChanged() {
        state.derive();
        mmu.privilege();
    }

    static long signExtend(long value, int size) {
        return switch (size) {
            case 1 -> (byte) value;
            case 2 -> (short) value;
            case 4 -> (int) value;
            default -> value;
        };
    }
}
