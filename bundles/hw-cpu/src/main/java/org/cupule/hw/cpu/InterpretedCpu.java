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
    static final StateSchema SCHEMA = StateSchema.first("cpu");
    private static final int RECENT = 32;

    private final Processor cpu;
    private final Registers state;
    private final AccessLog log;
    private final Families families;
    private final Interpreter interpreter;
    private final BlockCache blocks;
    private final Set<Long> breakpoints = new HashSet<>();
    private final long[] recent = new long[RECENT];
    private int recentCount;
    /** Written by any thread with release by being volatile, read at each block head. */
    private volatile boolean attention;
    private boolean windowWanted;
    private boolean shutDown;
    private int pendingVector = -1;
    private int pendingCode;
    private boolean stoppedAtBreakpoint;

    InterpretedCpu(CpuSpec spec, CpuContext context, int opsOfABlock) {
        this.cpu = new Processor(spec, context);
        this.state = cpu.state;
        this.log = cpu.log;
        this.families = new Families(cpu);
        this.blocks = new BlockCache(state, cpu.mmu, context, cpu.fault, spec.cpuCount() > 1, opsOfABlock);
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
        long end = cpu.retired() + budget;
        try {
            if (pendingVector >= 0 && !deliverPending()) {
                return leave(CpuExit.SHUTDOWN);
            }
            while (true) {
                int reason = block(end);
                if (reason >= 0) {
                    return leave(reason);
                }
            }
        } catch (Leave e) {
            return log.exit.reason;
        }
    }

    /** Executes up to a block. {@return the reason to leave, or -1 to go on} */
    private int block(long end) {
        if (attention) {
            attention = false;
            return CpuExit.ATTENTION;
        }
        if (windowWanted && interruptible()) {
            windowWanted = false;
            return CpuExit.WINDOW;
        }
        long left = end - cpu.retiredBefore;
        if (left <= 0) {
            return CpuExit.BUDGET;
        }
        long linear = cpu.linearRip();
        if (!breakpoints.isEmpty() && stopsAt(linear)) {
            return CpuExit.BREAKPOINT;
        }
        recent[recentCount++ & RECENT - 1] = linear;
        boolean careful = cpu.shadow || log.replaying() || (state.flags & X86.TF) != 0 || (state.dr[7] & 0xFF) != 0
                || !breakpoints.isEmpty() || cpu.exclusive;
        try {
            if (careful) {
                one(linear);
            } else {
                interpreter.block((int) Math.min(left, Integer.MAX_VALUE));
            }
        } catch (Fault fault) {
            return raise(fault.vector, fault.code);
        }
        if (cpu.halted) {
            cpu.halted = false;
            return CpuExit.HLT;
        }
        return -1;
    }

    /** Executes one instruction with all that only counts for one: shadows, traps, breakpoints, replay. */
    private void one(long linear) {
        boolean shadow = cpu.shadow;
        boolean debugShadow = cpu.debugShadow;
        boolean trap = (state.flags & X86.TF) != 0;
        if ((state.dr[7] & 0xFF) != 0 && (state.flags & X86.RF) == 0 && !debugShadow) {
            executeBreakpoint(linear);
        }
        cpu.shadow = false;
        cpu.debugShadow = false;
        log.rewind();
        long retired = cpu.retired();
        try {
            interpreter.block(1);
        } catch (Leave e) {
            cpu.shadow = shadow;
            cpu.debugShadow = debugShadow;
            throw e;
        }
        log.clear();
        boolean ended = cpu.retired() != retired || cpu.unfinished;
        if (ended) {
            state.flags &= ~X86.RF;
        }
        if (trap && ended && !cpu.debugShadow) {
            state.dr[6] |= 1 << 14;
            raiseTrap();
        }
    }

    private void raiseTrap() {
        if (raise(X86.DB, Fault.NO_CODE) == CpuExit.SHUTDOWN) {
            shutDown = true;
        }
    }

    /** Raises #DB when an enabled instruction breakpoint of DR0 to DR3 stands at this address. */
    private void executeBreakpoint(long linear) {
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
            throw cpu.fault.of(X86.DB, Fault.NO_CODE);
        }
    }

    /** Delivers an exception. {@return SHUTDOWN after a triple fault, else -1} */
    private int raise(int vector, int code) {
        log.clear();
        cpu.shadow = false;
        cpu.debugShadow = false;
        if (vector != X86.DB) {
            state.materialize();
        }
        boolean fault = vector != X86.DB || (state.dr[6] & 1 << 14) == 0;
        if (fault && vector != X86.DF_) {
            state.flags |= X86.RF; // pushed set, so that the instruction's breakpoint is passed over at its return
        }
        boolean alive = families.events.deliver(vector, Events.hasCode(vector) ? code : Fault.NO_CODE,
                Events.HARDWARE);
        if (!alive) {
            shutDown = true;
            return CpuExit.SHUTDOWN;
        }
        return -1;
    }

    private boolean deliverPending() {
        int vector = pendingVector;
        pendingVector = -1;
        boolean alive = families.events.deliver(vector, pendingCode, Events.HARDWARE);
        shutDown |= !alive;
        return alive;
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
        pendingVector = vector;
        pendingCode = Events.hasCode(vector) ? errorCode : Fault.NO_CODE;
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
        attention = true;
    }

    @Override
    public boolean interruptible() {
        return (state.flags & X86.IF) != 0 && !cpu.shadow && pendingVector < 0 && !log.due() && !log.replaying();
    }

    @Override
    public void interrupt(int vector) {
        pendingVector = vector;
        pendingCode = Fault.NO_CODE;
    }

    @Override
    public boolean nmiAllowed() {
        return !cpu.nmiBlocked && !cpu.shadow && pendingVector < 0 && !log.due() && !log.replaying();
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
        pendingVector = -1;
        windowWanted = false;
        cpu.halted = false;
        cpu.unfinished = false;
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
        cpu.modeChanged();
        cpu.mmu.flush();
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
        int count = Math.min(recentCount, RECENT);
        long[] heads = new long[count];
        for (int i = 0; i < count; i++) {
            heads[i] = recent[recentCount - count + i & RECENT - 1];
        }
        return heads;
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public ModelState save(int version) {
        return CpuState.save(cpu, shutDown, windowWanted, pendingVector, pendingCode);
    }

    @Override
    public void restore(ModelState saved) {
        CpuState.restore(cpu, saved);
        shutDown = saved.flag("shutDown");
        windowWanted = saved.flag("window");
        pendingVector = (int) saved.number("pendingVector", -1, 255);
        pendingCode = (int) saved.number("pendingCode");
        cpu.modeChanged();
        cpu.mmu.flushAll();
        blocks.clear();
    }
}
