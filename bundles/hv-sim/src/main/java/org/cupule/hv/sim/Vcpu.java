package org.cupule.hv.sim;

import static org.cupule.hardware.CpuExit.*;
import static org.cupule.hv.sim.Activity.*;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.cupule.hardware.Cpu;
import org.cupule.hardware.CpuExit;
import org.cupule.hardware.CpuFactory;
import org.cupule.hardware.CpuSpec;
import org.cupule.hardware.Lapic;
import org.cupule.hardware.LapicFactory;
import org.cupule.hardware.Register;
import org.cupule.hypervisor.VcpuState;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.time.VmTimer;
import org.cupule.types.Behaviour;
import org.jspecify.annotations.Nullable;

/**
 * One vCPU: a CPU model, a local APIC model, an inbox, and the run loop that answers the CPU's exits. What it does next
 * is data, never a place on a thread's stack: so any thread can go on with it.
 *
 * <p>
 * An upcall that never returns takes its thread with it, but not the vCPU: when its request has been completed by
 * somebody else, {@link #takeAway} lets a fresh thread go on, and the old one ends when it comes back.
 *
 * @threading confined to the thread that runs it, but for what says "any thread"
 */
final class Vcpu {
    /** Frequency of the time stamp counter: one tick a nanosecond, so in deterministic time one an instruction. */
    static final long TSC_HERTZ = 1_000_000_000;
    /**
     * Frequency that the divider of the local APIC's timer divides: the core crystal clock, of which CPUID leaf 0x15 of
     * a processor with this time stamp counter tells (SDM volume 3, "APIC Timer").
     */
    static final long BUS_HERTZ = 25_000_000;

    private static final String[] EXITS = {"budget", "attention", "window", "breakpoint", "access", "cpuid",
            "hypercall", "hlt", "shutdown", "fetch", "exclusive"};
    private static final int NO_EXIT = -1;
    private static final long ALL_ONES = -1;
    private static final int INVALID_OPCODE = 6;
    private static final int GENERAL_PROTECTION = 13;
    private static final long CR0_PE = 1;
    private static final long RFLAGS_VM = 1 << 17;
    private static final long USER_RING = 3;
    private static final long APIC_BSP = 1 << 8;

    private static final VarHandle RETIRED;

    static {
        try {
            RETIRED = MethodHandles.lookup().findVarHandle(Vcpu.class, "retired", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final int index;
    final Fitted<CpuFactory, Cpu> cpu;
    final Fitted<LapicFactory, Lapic> lapic;
    private final SimPartition vm;
    private final Rendezvous rendezvous;
    private final Presence presence = new Presence();
    private final Inbox inbox = new Inbox();
    private final Requests requests;
    private final VmTimer lapicTimer;
    private final Accesses accesses;
    private final Interrupts interrupts;
    private final @Nullable Hypercalls calls;
    private final long[] exits = new long[CpuExit.EXCLUSIVE + 1];

    private volatile @Nullable Thread thread;
    private final Activity activity;
    private boolean exclusiveWanted;
    private int exclusiveExit = NO_EXIT;
    private long adjustmentSeen;
    /** Retired instructions when it last left the guest for no reason of its own: for people. */
    private long retired;
    private @Nullable VcpuState startState;

    Vcpu(SimPartition vm, int index, HardwareChoice hardware) {
        this.vm = vm;
        this.index = index;
        this.rendezvous = vm.rendezvous;
        this.activity = new Activity(firstActivity());
        this.requests = new Requests(vm, this, activity, presence);
        this.lapicTimer = vm.clock.lapicTimer(() -> post(Inbox.TIMER));
        this.accesses = new Accesses(vm, this, requests);
        this.interrupts = new Interrupts(this, vm.fabric);
        this.calls = vm.service == null ? null : new Hypercalls(vm, vm.service);
        var spec = new CpuSpec(index, vm.vcpuCount(), vm.vcpuCount() > 1 || vm.sharesMemory(), TSC_HERTZ,
                vm.behaviour());
        this.cpu = new Fitted<>("cpu" + index, hardware.cpus(), hardware.cpu(),
                (factory, stage) -> factory.create(spec, new CpuSide(vm, this)), MustHold::cpu, Runnable::run,
                this::refit);
        this.lapic = new Fitted<>("lapic" + index, hardware.lapics(), hardware.lapic(),
                (factory, stage) -> factory.create(index, new LapicSide(vm, this, lapicTimer, stage)),
                MustHold::lapic, Runnable::run, this::refit);
        accesses.findApicPage();
    }

    Lapic lapic() {
        return lapic.model();
    }

    Cpu cpu() {
        return cpu.model();
    }

    // ---- any thread: messages and wake-ups

    /** Posts a fixed interrupt. */
    void postFixed(int vector, boolean level) {
        if (inbox.fixed(vector, level)) {
            wake();
        }
    }

    /** Posts a start-up message. */
    void postStartup(int vector) {
        if (inbox.startup(vector)) {
            wake();
        }
    }

    /** Posts signals of {@link Inbox}. */
    void post(int signals) {
        if (inbox.post(signals)) {
            wake();
        }
    }

    /** The INTR line of the 8259 pair, which is at LINT0 of every local APIC, has changed. */
    void intr(boolean high) {
        if (high) {
            post(Inbox.INTR);
        } else {
            inbox.leave(Inbox.INTR_LOW);
        }
    }

    /** Makes the vCPU look at its inbox and its slot. Its own thread looks anyway before it enters the guest. */
    void wake() {
        if (!mine()) {
            if (out()) {
                unpark();
            } else {
                cpu().attention();
            }
        }
    }

    /** Makes the vCPU leave the guest at its next block head, if it is in. */
    void attention() {
        if (!out()) {
            cpu().attention();
        }
    }

    void unpark() {
        LockSupport.unpark(thread);
    }

    /** {@return whether it stands still: whoever has made sure that it stays so may use its models} */
    boolean out() {
        return presence.out();
    }

    /** ACRN's way to tell of a triple fault. */
    void requestPowerOff() {
        requests.powerOff();
    }

    /** {@return whether its thread is inside the HSM} */
    boolean inUpcall() {
        return presence.inUpcall();
    }

    /** {@return the number of its request, if that is complete although the upcall has not returned; else 0} */
    long overdue() {
        return inUpcall() && requests.answered() ? requests.count() : 0;
    }

    /** {@return whether its thread is inside a device of the host} */
    boolean inCall() {
        return inUpcall() && activity.is(IN_CALL);
    }

    /**
     * Takes the vCPU away from a thread that is inside the HSM or a device of the host: it stands still then, and
     * another thread may adopt it.
     *
     * @return false when the thread has just come back
     */
    boolean takeAway() {
        return presence.takeAway();
    }

    /** {@return whether the calling thread is the one that runs it} */
    boolean mine() {
        return isRunBy(Thread.currentThread());
    }

    /** {@return whether this thread is the one that runs it} */
    boolean isRunBy(Thread runner) {
        return runner == thread;
    }

    /** Asks for a shoot-down. The guest is not entered again before it is done. */
    void wantFlush(long number) {
        presence.wantFlush(number);
        if (presence.inGuest()) {
            cpu().attention();
        }
    }

    /** {@return whether it can use no translation of before this shoot-down} */
    boolean flushed(long number) {
        return presence.hasFlushed(number);
    }

    /** {@return what it does, for people} */
    String activity() {
        if (vm.life.over()) {
            return "powered off";
        }
        return switch (activity.now()) {
            case HALTED -> "halted";
            case WAIT_SIPI -> "waiting for SIPI";
            case SHUT_DOWN -> "shut down";
            case OFFLINE -> "off line";
            case IN_REQUEST -> requests.text();
            case IN_CALL -> "in a device of the host";
            default -> rendezvous.open() ? "running" : "stopped";
        };
    }

    // ---- the thread that runs it

    /** This thread runs it from now on. @return the one that did so before */
    @Nullable
    Thread adopt(Thread runner) {
        Thread before = thread;
        thread = runner;
        return before;
    }

    /** Enters the run loop. @return false when the gate is closed; it is OUT then */
    boolean enter() {
        presence.enterHost();
        if (rendezvous.open()) {
            return true;
        }
        leave();
        return false;
    }

    /** Leaves the run loop: it stands still from now on. */
    void leave() {
        if (cpu.made()) {
            RETIRED.setOpaque(this, cpu().retired());
        }
        presence.leave();
        rendezvous.left();
    }

    /** {@return whether there is nothing to do now; when OUT, a change of this is followed by an unpark} */
    boolean idle() {
        if (!rendezvous.open()) {
            return true;
        }
        return switch (activity.now()) {
            case RUNNING, IN_CALL -> false;
            case IN_REQUEST -> !requests.answered();
            // The gate may have closed between HLT and the look at what the local APIC holds already.
            case HALTED -> inbox.empty() && !interrupts.changed();
            default -> inbox.empty();
        };
    }

    /** {@return whether it waits for the completion of an I/O request} */
    boolean waitsForAnswer() {
        return activity.is(IN_REQUEST);
    }

    /** {@return whether a split lock is to be executed: {@link #exclusive} is due, from OUT} */
    boolean exclusiveWanted() {
        return exclusiveWanted;
    }

    /** Executes the instruction with the split lock, while all other vCPUs stand still. */
    void exclusive() {
        if (exclusiveWanted) {
            exclusiveWanted = false;
            exclusiveExit = cpu().runExclusive();
        }
    }

    /** Goes into a device of the host. @return what to give to {@link #endCall} */
    int beginCall() {
        activity.become(IN_CALL);
        return presence.enterUpcall();
    }

    /**
     * Comes back. Who finds the vCPU taken away must not touch it any more: another thread has answered in its place.
     */
    void endCall(int inside) {
        if (!presence.leaveUpcall(inside)) {
            throw Requests.TAKEN_AWAY;
        }
        activity.become(RUNNING);
    }

    /**
     * One turn of the run loop: answer, messages, interrupts, guest, exit.
     *
     * @param budget
     *            instructions at most
     * @return whether there is more to do; if not, it is to leave until that changes
     */
    boolean step(long budget) {
        if (activity.is(IN_REQUEST) && !requests.takeAnswer()) {
            return false;
        }
        if (activity.is(IN_CALL)) { // taken away from who was inside
            activity.become(RUNNING);
            cpu().answer(ALL_ONES);
        }
        if (!inbox.empty()) {
            takeMessages();
        }
        if (interrupts.due() && (activity.is(RUNNING) || activity.is(HALTED)) && interrupts.deliver()) {
            activity.become(RUNNING);
        }
        if (!activity.is(RUNNING)) {
            return false;
        }
        run(budget);
        return !exclusiveWanted;
    }

    private void run(long budget) {
        int reason = exclusiveExit;
        if (reason == NO_EXIT) {
            reason = enterGuest(interrupts.nmiWaits() ? Math.min(budget, Interrupts.NMI_RETRY) : budget);
        }
        exclusiveExit = NO_EXIT;
        exits[reason]++;
        handle(reason);
    }

    private int enterGuest(long budget) {
        Cpu running = cpu();
        long shootDown = presence.enterGuest();
        if (shootDown != 0) {
            running.flushTranslations();
            presence.flushed(shootDown);
        }
        int reason = running.run(budget);
        presence.leaveGuest();
        return reason;
    }

    private void handle(int reason) {
        switch (reason) {
            // What is due is looked at before the guest is entered again.
            case BUDGET, ATTENTION -> RETIRED.setOpaque(this, cpu().retired());
            case WINDOW -> interrupts.windowOpened();
            case ACCESS -> accesses.handle(cpu().exit());
            case CPUID -> vm.leaves.answer(cpu(), (int) cpu().exit().address);
            case HYPERCALL -> hypercall();
            case HLT -> halt();
            case FETCH -> fetch(cpu().exit().address);
            case EXCLUSIVE -> exclusiveWanted = true;
            case SHUTDOWN -> shutdown();
            case BREAKPOINT -> vm.stop("vcpu%d stands at a breakpoint, RIP 0x%x".formatted(index, rip()));
            default -> throw new IllegalStateException("exit " + reason + " of " + cpu.offer() + " is unknown");
        }
    }

    /** Only the privileged ring of a Service VM has hypercalls ({@code hsm.md} 3.6). */
    private void hypercall() {
        if (calls == null) {
            cpu().fault(INVALID_OPCODE, 0);
        } else if (ring() != 0) {
            cpu().fault(GENERAL_PROTECTION, 0);
        } else {
            cpu().answer(calls.call(cpu()));
        }
    }

    private long ring() {
        boolean protectedMode = (cpu().register(Register.CR0) & CR0_PE) != 0;
        boolean virtual8086 = (cpu().register(Register.RFLAGS) & RFLAGS_VM) != 0;
        return virtual8086 ? USER_RING : protectedMode ? cpu().register(Register.CS) & USER_RING : 0;
    }

    private void halt() {
        activity.become(HALTED);
        followTimeStampCounter();
        interruptsChanged();
    }

    /** A guest that has moved its time stamp counter has moved a deadline on it too, which no exit tells. */
    private void followTimeStampCounter() {
        long adjustment = cpu().timeStampAdjustment();
        if (adjustment != adjustmentSeen) {
            adjustmentSeen = adjustment;
            lapic().timer();
        }
    }

    private void fetch(long gpa) {
        if (vm.behaviour() == Behaviour.ACRN && vm.memory.makeExecutable(gpa)) {
            return;
        }
        vm.stop("vcpu%d fetches an instruction at guest physical 0x%x, where %s; RIP 0x%x".formatted(index, gpa,
                vm.memory.mapped(gpa) ? "the mapping gives no execute right" : "no RAM is mapped", rip()));
    }

    private void shutdown() {
        activity.become(SHUT_DOWN);
        vm.tripleFault(this, StartState.report(cpu()));
    }

    // ---- messages

    private void takeMessages() {
        int signals = inbox.take();
        if (activity.is(OFFLINE)) {
            return;
        }
        if ((signals & Inbox.OFFLINE) != 0) {
            activity.become(OFFLINE);
            return;
        }
        if ((signals & Inbox.INIT) != 0) {
            init();
        }
        if ((signals & Inbox.STARTUP) != 0 && activity.is(WAIT_SIPI)) {
            cpu().startup(inbox.startVector());
            activity.become(RUNNING);
        }
        if ((signals & Inbox.TIMER) != 0) {
            lapic().timer();
        }
        if ((signals & Inbox.FIXED) != 0) {
            inbox.drainFixed(lapic());
        }
        if ((signals & (Inbox.INTR | Inbox.INTR_LOW)) != 0) {
            lapic().lint(0, vm.fabric.intr());
        }
        interrupts.signal(signals);
    }

    /** INIT resets the processor; the bootstrap processor then starts anew, others wait for a start-up message. */
    private void init() {
        cpu().init();
        lapic().init();
        interrupts.forget();
        accesses.findApicPage();
        activity.become((lapic().base() & APIC_BSP) != 0 ? RUNNING : WAIT_SIPI);
    }

    /** Something happened after which another interrupt may be due. */
    void interruptsChanged() {
        interrupts.change();
    }

    private int firstActivity() {
        return index == 0 ? RUNNING : WAIT_SIPI;
    }

    private long rip() {
        return cpu().register(Register.RIP);
    }

    // ---- while it stands still

    /** Sets the power-on state. */
    void reset() {
        startState = null;
        lapicTimer.disarm();
        cpu().reset();
        lapic().reset();
        inbox.clear();
        interrupts.forget();
        accesses.findApicPage();
        requests.forget();
        exclusiveWanted = false;
        exclusiveExit = NO_EXIT;
        activity.become(firstActivity());
    }

    /**
     * Sets the registers that it starts with. Whoever starts the bootstrap processor elsewhere than at its reset vector
     * leaves out the firmware, so what firmware leaves behind is set up too: the virtual wire from the 8259 pair
     * through the local APIC (MultiProcessor Specification 1.4, section 3.6.2.2). ACRN leaves that to its device model.
     */
    void start(VcpuState registers) {
        startState = registers;
        if (cpu.made()) {
            prepare();
        }
        if (index == 0 && vm.behaviour() == Behaviour.X86) {
            StartState.virtualWire(lapic());
            interruptsChanged();
        }
    }

    /**
     * Makes the CPU model, if there is none yet, and sets the registers that it starts with. Only now, because a model
     * may have large caches, which a partition that is never started does not need.
     */
    void prepare() {
        Cpu made = cpu();
        if (startState != null) {
            StartState.apply(startState, made);
            startState = null;
        }
    }

    /** {@return what it is and waits for, beyond its models} */
    ModelState save() {
        return SavedVcpu.save(new SavedVcpu(activity.now(), exclusiveExit, adjustmentSeen), inbox, interrupts,
                requests);
    }

    /** Becomes what was saved; its models are restored already. */
    void restore(ModelState state) {
        SavedVcpu saved = SavedVcpu.restore(state, inbox, interrupts, requests, CpuExit.EXCLUSIVE);
        refuseContradiction(saved);
        activity.become(saved.activity());
        exclusiveExit = saved.exclusive();
        adjustmentSeen = saved.adjustment();
        startState = null;
        inbox.leave(vm.fabric.intr() ? Inbox.INTR : Inbox.INTR_LOW);
        accesses.findApicPage();
    }

    /** An answer that never comes, or one that nobody takes, would end in a vCPU that hangs or fails. */
    private void refuseContradiction(SavedVcpu saved) {
        boolean waits = saved.activity() == IN_REQUEST;
        boolean forCpu = waits && requests.forCpu();
        boolean due = cpu().answerDue();
        if (waits && !requests.inSlot() || forCpu && !due || due && !forCpu && saved.exclusive() == NO_EXIT) {
            throw new StateException("vcpu%d, its slot and its CPU do not agree on whether it waits for an answer"
                    .formatted(index));
        }
    }

    /** A model was replaced. */
    private void refit() {
        interrupts.refit();
        accesses.findApicPage();
    }

    /** {@return what it does and has done, for people} */
    String describe() {
        attention(); // so that a guest without exits is counted anew for the next look
        var text = new StringBuilder("vcpu%d %s, %d instructions, %d requests, exits".formatted(index, activity(),
                (long) RETIRED.getOpaque(this), requests.count()));
        for (int i = 0; i < exits.length; i++) {
            if (exits[i] != 0) {
                text.append(' ').append(EXITS[i]).append(' ').append(exits[i]);
            }
        }
        return text.toString();
    }
}
