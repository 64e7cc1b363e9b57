package org.cupule.hw.cpu;

import java.util.HashSet;
import java.util.Set;
import org.cupule.hardware.Cpu;
import org.cupule.hardware.CpuContext;
import org.cupule.hardware.CpuExit;
import org.cupule.hardware.CpuSpec;
import org.cupule.hardware.Register;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;

/**
 * The interpreter as a CPU model.
 *
 * @threading confined to the vCPU's thread; {@link #attention} from any thread
 */
final class InterpretedCpu implements Cpu {
    static final StateSchema SCHEMA = new StateSchema("cpu", Set.of(1, CpuState.VERSION), Set.of(CpuState.VERSION));
    private static final int GO_ON = -1;
    private static final long SINGLE_STEP = 1 << 14;
    /** DR6: a task switch to a TSS with the trap bit. */
    private static final long TASK_SWITCH = 1 << 15;
    private static final int CARE = ~(Registers.WINDOW | Registers.OUT);

    private final Processor cpu;
    private final Registers state;
    private final AccessLog log;
    private final Families families;
    private final Interpreter interpreter;
    private final BlockCache blocks;
    private final Pending pending = new Pending();
    private final Set<Long> breakpoints = new HashSet<>();
    private boolean windowWanted;
    private boolean shutDown;
    private boolean stoppedAtBreakpoint;

    InterpretedCpu(CpuSpec spec, CpuContext context, int opsOfABlock) {
        this.cpu = new Processor(spec, context);
        this.state = cpu.state;
        this.log = cpu.log;
        this.families = new Families(cpu);
        this.blocks = new BlockCache(state, cpu.mmu, context, cpu.fault, spec.sharedMemory(), opsOfABlock);
        this.interpreter = new Interpreter(cpu, families, blocks);
        reset();
    }

    @Override
    public int run(long budget) {
        if (log.due()) {
            return log.exit.reason;
        }
        if (shutDown) {
            return leave(CpuExit.SHUTDOWN);
        }
        long end = cpu.retired() + Math.min(budget, Long.MAX_VALUE - cpu.retired());
        watch();
        int reason = GO_ON;
        try {
            if (pending.is()) {
                reason = deliver();
            }
            while (reason == GO_ON) {
                reason = turn(end);
            }
        } catch (Leave e) {
            return log.exit.reason;
        }
        return leave(reason);
    }

    /** Finds out anew what the loop has to look at. */
    private void watch() {
        state.watch(Registers.SHADOW, cpu.shadow);
        state.watch(Registers.STEP, (state.flags & (X86.TF | X86.RF)) != 0);
        state.watch(Registers.DEBUG, (state.dr[7] & 0xFF) != 0);
        state.watch(Registers.BREAKPOINT, !breakpoints.isEmpty());
        state.watch(Registers.EXCLUSIVE, cpu.exclusive);
        state.watch(Registers.WINDOW, windowWanted);
        state.watch(Registers.REPLAY, log.replaying());
    }

    /** Executes blocks, or one instruction. {@return the reason to leave, or GO_ON} */
    private int turn(long end) {
        if (interpreter.attention) {
            interpreter.attention = false;
            return CpuExit.ATTENTION;
        }
        if (windowWanted && interruptible()) {
            windowWanted = false;
            return CpuExit.WINDOW;
        }
        if (end <= cpu.retiredBefore) {
            return CpuExit.BUDGET;
        }
        if ((state.watch & CARE) != 0) {
            return careful();
        }
        try {
            interpreter.run(end);
        } catch (Fault fault) {
            return raise(fault.vector, fault.code);
        }
        return after();
    }

    /** Executes one instruction with all that only counts for one: shadows, traps, breakpoints, replay. */
    private int careful() {
        long linear = cpu.linearRip();
        if (!breakpoints.isEmpty() && stopsAt(linear)) {
            return CpuExit.BREAKPOINT;
        }
        boolean shadow = cpu.shadow;
        boolean debugShadow = cpu.debugShadow;
        boolean resumed = (state.flags & X86.RF) != 0;
        if (!resumed && !debugShadow && breaks(linear)) {
            return raise(X86.DB, Fault.NO_CODE);
        }
        boolean trap = (state.flags & X86.TF) != 0;
        cpu.shadows(false, false);
        state.resume(false);
        cpu.entered = false;
        cpu.mmu.breakpoints.hits = 0;
        log.rewind();
        boolean left = true;
        try {
            interpreter.single();
            left = log.due();
        } catch (Fault fault) {
            left = false;
            return raise(fault.vector, fault.code);
        } finally {
            if (left) {
                cpu.shadows(shadow, debugShadow);
                state.resume(resumed);
            }
        }
        return left ? cpu.takeOut() : done(trap, resumed);
    }

    /** An instruction, or a part of a repeated one, has ended. */
    private int done(boolean trap, boolean resumed) {
        log.clear();
        state.watch(Registers.REPLAY, false);
        boolean stepped = trap && !cpu.debugShadow && (!cpu.entered || (state.flags & X86.TF) != 0);
        int hits = cpu.mmu.breakpoints.hits;
        if (cpu.unfinished && (resumed || stepped || hits != 0)) {
            state.resume(true); // as it is pushed between the elements of a repeated instruction
        }
        if (stepped || hits != 0) {
            state.dr[6] = state.dr[6] & ~(hits != 0 ? 15L : 0) | hits | (stepped ? SINGLE_STEP : 0);
            return event(X86.DB, Fault.NO_CODE, Events.EXCEPTION);
        }
        return after();
    }

    /** What remains to be done at the end of an instruction or an event. */
    private int after() {
        if ((state.watch & Registers.TASK_TRAP) != 0) {
            state.watch(Registers.TASK_TRAP, false);
            state.dr[6] |= TASK_SWITCH;
            return event(X86.DB, Fault.NO_CODE, Events.EXCEPTION);
        }
        return (state.watch & Registers.OUT) != 0 ? cpu.takeOut() : GO_ON;
    }

    /** {@return whether an enabled instruction breakpoint of DR0 to DR3 stands at this address; DR6 then tells} */
    private boolean breaks(long linear) {
        int hit = 0;
        for (int i = 0; i < 4; i++) {
            boolean enabled = (state.dr[7] >>> 2 * i & 3) != 0;
            boolean execute = (state.dr[7] >>> 16 + 4 * i & 15) == 0;
            if (enabled && execute && state.dr[i] == linear) {
                hit |= 1 << i;
            }
        }
        if (hit != 0) {
            state.dr[6] = state.dr[6] & ~15L | hit;
        }
        return hit != 0;
    }

    /** Delivers a fault: RF is pushed set, so that the instruction's breakpoint is passed over at its return. */
    private int raise(int vector, int code) {
        if (vector != X86.DF_) {
            state.resume(true);
        }
        return event(vector, code, Events.EXCEPTION);
    }

    private int event(int vector, int code, int kind) {
        log.clear();
        state.watch(Registers.REPLAY | Registers.OUT, false);
        cpu.shadows(false, false);
        pending.set(vector, Events.hasCode(vector) ? code : Fault.NO_CODE, kind);
        return deliver();
    }

    /**
     * Delivers the pending event, or leaves for an access that this needs. {@return SHUTDOWN after a triple fault, else
     * GO_ON}
     */
    private int deliver() {
        log.rewind();
        boolean alive = families.events.deliver(pending.vector, pending.code, pending.kind);
        cpu.taskEntered = false;
        cpu.unfinished = false;
        log.clear();
        state.watch(Registers.REPLAY, false);
        pending.clear();
        shutDown = !alive;
        return alive ? after() : CpuExit.SHUTDOWN;
    }

    private boolean stopsAt(long linear) {
        if (stoppedAtBreakpoint) {
            stoppedAtBreakpoint = false;
            return false;
        }
        stoppedAtBreakpoint = breakpoints.contains(linear);
        return stoppedAtBreakpoint;
    }

    private int leave(int reason) {
        log.exit.reason = reason;
        return reason;
    }

    @Override
    public CpuExit exit() {
        return log.exit;
    }

    @Override
    public boolean answerDue() {
        return log.due();
    }

    @Override
    public void answer(long value) {
        log.answer(value);
    }

    @Override
    public void answerCpuid(int eax, int ebx, int ecx, int edx) {
        log.answer(eax, ebx, ecx, edx);
    }

    @Override
    public void fault(int vector, int errorCode) {
        log.clear();
        cpu.shadows(false, false);
        state.resume(true);
        pending.set(vector, Events.hasCode(vector) ? errorCode : Fault.NO_CODE, Events.EXCEPTION);
    }

    @Override
    public int runExclusive() {
        cpu.exclusive = true;
        try {
            return run(1);
        } finally {
            cpu.exclusive = false;
        }
    }

    @Override
    public void attention() {
        interpreter.attention = true;
    }

    @Override
    public boolean interruptible() {
        return (state.flags & X86.IF) != 0 && idle();
    }

    /** {@return whether an instruction boundary is reached, and nothing holds events off} */
    private boolean idle() {
        return !cpu.shadow && !pending.is() && !log.due() && !log.replaying();
    }

    @Override
    public void interrupt(int vector) {
        if (cpu.unfinished) {
            state.resume(true);
        }
        pending.set(vector, Fault.NO_CODE, Events.EXTERNAL);
    }

    @Override
    public boolean nmiAllowed() {
        return !cpu.nmiBlocked && idle();
    }

    @Override
    public void nmi() {
        cpu.nmiBlocked = true;
        interrupt(X86.NMI);
    }

    @Override
    public void window(boolean wanted) {
        windowWanted = wanted;
    }

    @Override
    public void flushTranslations() {
        cpu.mmu.flushAll();
    }

    @Override
    public void reset() {
        Resets.powerOn(cpu);
        forget();
    }

    @Override
    public void init() {
        Resets.init(cpu);
        forget();
    }

    private void forget() {
        log.clear();
        shutDown = false;
        pending.clear();
        windowWanted = false;
        state.watch(Registers.OUT, false);
        cpu.modeChanged();
        cpu.mmu.flushAll();
    }

    @Override
    public void startup(int vector) {
        Resets.startup(cpu, vector & 0xFF);
        cpu.modeChanged();
    }

    @Override
    public long register(Register register) {
        return RegisterFile.read(cpu, register);
    }

    @Override
    public void register(Register register, long value) {
        RegisterFile.write(cpu, register, value);
        cpu.unfinished = false;
        cpu.modeChanged();
        switch (register) {
            case DR0, DR1, DR2, DR3, DR7 -> {
                watch();
                cpu.mmu.flush();
            }
            case CR0, CR3, CR4, EFER -> {
                families.control.reloadPdptes();
                cpu.mmu.flush();
            }
            default -> {
                // translations do not depend on it
            }
        }
    }

    @Override
    public void breakpoint(long linear, boolean set) {
        if (set) {
            breakpoints.add(linear);
        } else {
            breakpoints.remove(linear);
        }
    }

    @Override
    public long retired() {
        return cpu.retired();
    }

    @Override
    public long timeStampAdjustment() {
        return cpu.msrs.tscOffset;
    }

    @Override
    public long[] recentBlocks() {
        return interpreter.recentBlocks();
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public ModelState save(int version) {
        return CpuState.save(cpu, shutDown, windowWanted, pending);
    }

    @Override
    public void restore(ModelState saved) {
        CpuState.restore(cpu, saved, pending);
        shutDown = saved.flag("shutDown");
        windowWanted = saved.flag("window");
        state.watch(Registers.OUT, false);
        cpu.modeChanged();
        cpu.mmu.flushAll();
        blocks.clear();
    }
}
