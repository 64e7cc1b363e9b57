package org.cupule.hv.sim;

import static org.cupule.hardware.CpuExit.*;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.cupule.abi.IoRequestPage;
import org.cupule.hardware.Cpu;
import org.cupule.hardware.CpuContext;
import org.cupule.hardware.CpuExit;
import org.cupule.hardware.CpuFactory;
import org.cupule.hardware.CpuSpec;
import org.cupule.hardware.EptWalk;
import org.cupule.hardware.Ipi;
import org.cupule.hardware.Lapic;
import org.cupule.hardware.LapicContext;
import org.cupule.hardware.LapicFactory;
import org.cupule.hardware.Translation;
import org.cupule.time.VmClock;
import org.cupule.time.VmTimer;
import org.cupule.types.Behaviour;
import org.jspecify.annotations.Nullable;

/**
 * One vCPU: a CPU model, a local APIC model, an inbox, and the run loop that answers the CPU's exits. What it does next
 * is data, never a place on a thread's stack: so any thread can go on with it.
 *
 * <pre>
 *               .--------------------- interrupt --------------------.
 *               v                                                    |
 *  WAIT_SIPI -SIPI-> RUNNING --HLT-----------------------------> HALTED
 *     ^               |  ^  '---triple fault---> SHUT_DOWN
 *     |               v  |
 *     '---INIT--   IN_REQUEST (its slot is not FREE)
 *
 *  mode:  OUT (stands still)  --enter-->  HOST (run loop, upcalls)  <---->  GUEST (inside Cpu.run)
 * </pre>
 *
 * @threading confined to the thread that runs it, but for what says "any thread"
 */
final class Vcpu {
    /** Frequency of the time stamp counter: one tick a nanosecond, so in deterministic time one an instruction. */
    static final long TSC_HERTZ = 1_000_000_000;
    /** Frequency that the divider of the local APIC's timer divides. */
    static final long BUS_HERTZ = 1_000_000_000;

    private static final int RUNNING = 0;
    private static final int HALTED = 1;
    private static final int WAIT_SIPI = 2;
    private static final int IN_REQUEST = 3;
    private static final int SHUT_DOWN = 4;

    private static final int OUT = 0;
    private static final int HOST = 1;
    private static final int GUEST = 2;

    private static final int NO_EXIT = -1;
    private static final int INVALID_OPCODE = 6;
    private static final int GENERAL_PROTECTION = 13;
    private static final long PAGE_MASK = 0xFFF;
    private static final long IOAPIC_PAGE = 0xFEC0_0000L;
    private static final long APIC_ENABLED = 1 << 11;
    private static final long APIC_X2 = 1 << 10;
    private static final long APIC_BSP = 1 << 8;
    private static final long NO_PAGE = -1;
    private static final int APIC_BASE_MSR = 0x1B;
    private static final int TSC_DEADLINE_MSR = 0x6E0;
    /** An NMI that cannot be taken yet is tried again after this many instructions: no exit tells of its window. */
    private static final long NMI_RETRY = 500;

    private static final VarHandle MODE;
    private static final VarHandle ACTIVITY;

    static {
        try {
            MODE = MethodHandles.lookup().findVarHandle(Vcpu.class, "mode", int.class);
            ACTIVITY = MethodHandles.lookup().findVarHandle(Vcpu.class, "activity", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final int index;
    final Fitted<CpuFactory, Cpu> cpu;
    final Fitted<LapicFactory, Lapic> lapic;
    private final SimPartition vm;
    private final InterruptFabric fabric;
    private final Rendezvous rendezvous;
    private final Inbox inbox = new Inbox();
    private final VmTimer lapicTimer;
    private final EptWalk walk = new EptWalk();
    private final long[] msr = new long[1];
    private final long[] exits = new long[CpuExit.EXCLUSIVE + 1];

    private volatile @Nullable Thread thread;
    private volatile int mode = OUT;
    private int activity;
    private boolean answerWanted;
    private boolean interruptsChanged = true;
    private boolean windowWanted;
    private boolean nmiPending;
    private boolean extIntPending;
    private boolean exclusiveWanted;
    private int exclusiveExit = NO_EXIT;
    private long apicPage;
    private long requests;

    /** The newest shoot-down that concerns this vCPU, and the newest one that it has done. */
    private volatile long flushWanted;
    private volatile long flushDone;

    Vcpu(SimPartition vm, int index, Offered<CpuFactory> cpus, Offered<LapicFactory> lapics) {
        this.vm = vm;
        this.index = index;
        this.fabric = vm.fabric;
        this.rendezvous = vm.rendezvous;
        this.lapicTimer = vm.clock.lapicTimer(() -> post(Inbox.TIMER));
        this.lapic = new Fitted<>("lapic" + index, lapics, createLapic(lapics));
        this.cpu = new Fitted<>("cpu" + index, cpus, createCpu(cpus));
        this.activity = firstActivity();
        findApicPage();
    }

    Cpu createCpu(Offered<CpuFactory> offer) {
        return offer.factory().create(new CpuSpec(index, vm.vcpuCount(), TSC_HERTZ, vm.behaviour()), new FromCpu());
    }

    Lapic createLapic(Offered<LapicFactory> offer) {
        return offer.factory().create(index, new FromLapic());
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

    /** Makes the vCPU look at its inbox and its slot. Its own thread looks anyway before it enters the guest. */
    void wake() {
        if (Thread.currentThread() != thread) {
            if (out()) {
                unpark();
            } else {
                cpu.model().attention();
            }
        }
    }

    /** Makes the vCPU leave the guest at its next block head, if it is in. */
    void attention() {
        if (!out()) {
            cpu.model().attention();
        }
    }

    void unpark() {
        LockSupport.unpark(thread);
    }

    /** {@return whether it stands still: whoever has made sure that it stays so may use its models} */
    boolean out() {
        return mode == OUT;
    }

    /** {@return whether the calling thread is the one that runs it} */
    boolean mine() {
        return Thread.currentThread() == thread;
    }

    /** Asks for a shoot-down. The guest is not entered again before it is done. */
    void wantFlush(long epoch) {
        flushWanted = epoch;
        if (mode == GUEST) {
            cpu.model().attention();
        }
    }

    /** {@return whether it can use no translation of before this shoot-down} */
    boolean flushed(long epoch) {
        // Partner: enterGuest() stores GUEST before it reads flushWanted, wantFlush() does it the other way round.
        return flushDone >= epoch || mode != GUEST;
    }

    /** {@return what it does, for people} */
    String activity() {
        return switch ((int) ACTIVITY.getOpaque(this)) {
            case HALTED -> "halted";
            case WAIT_SIPI -> "waiting for SIPI";
            case SHUT_DOWN -> "shut down";
            case IN_REQUEST -> request();
            default -> vm.rendezvous.open() ? "running" : "stopped";
        };
    }

    private String request() {
        IoRequestPage page = vm.page();
        return "in request %s %s 0x%x".formatted(page.write(index) ? "write" : "read",
                page.type(index) == IoRequestPage.PORTIO ? "port" : "memory", page.address(index));
    }

    /** {@return counts of exits by reason; read while it runs, they are a little old} */
    long[] exits() {
        return exits.clone();
    }

    // ---- the thread that runs it

    /** The calling thread runs it from now on. */
    void adopt(Thread runner) {
        thread = runner;
    }

    /** Enters the run loop. @return false when the gate is closed; it is OUT then */
    boolean enter() {
        MODE.setVolatile(this, HOST);
        if (rendezvous.open()) {
            return true;
        }
        leave();
        return false;
    }

    /** Leaves the run loop: it stands still from now on. */
    void leave() {
        MODE.setVolatile(this, OUT);
        rendezvous.left();
    }

    /** {@return whether there is nothing to do now; when OUT, a change of this is followed by an unpark} */
    boolean idle() {
        if (!rendezvous.open()) {
            return true;
        }
        return switch (activity) {
            case RUNNING -> false;
            case IN_REQUEST -> vm.page().state(index) != IoRequestPage.COMPLETE;
            default -> inbox.empty();
        };
    }

    /** {@return whether it waits for the completion of an I/O request} */
    boolean waitsForAnswer() {
        return activity == IN_REQUEST;
    }

    /** {@return whether a split lock is to be executed: {@link #exclusive} is due, from OUT} */
    boolean exclusiveWanted() {
        return exclusiveWanted;
    }

    /** Executes the instruction with the split lock, while all other vCPUs stand still. */
    void exclusive() {
        if (exclusiveWanted) {
            exclusiveWanted = false;
            exclusiveExit = cpu.model().runExclusive();
        }
    }

    /**
     * One turn of the run loop: answer, messages, interrupts, guest, exit.
     *
     * @param budget
     *            instructions at most
     * @return whether there is more to do; if not, it is to leave until that changes
     */
    boolean step(long budget) {
        if (activity == IN_REQUEST && !takeAnswer()) {
            return false;
        }
        if (!inbox.empty()) {
            takeMessages();
        }
        if (interruptsChanged) {
            deliver();
        }
        if (activity != RUNNING) {
            return false;
        }
        run(budget);
        return !exclusiveWanted;
    }

    private void run(long budget) {
        int reason = exclusiveExit;
        if (reason == NO_EXIT) {
            reason = enterGuest(nmiPending ? Math.min(budget, NMI_RETRY) : budget);
        }
        exclusiveExit = NO_EXIT;
        exits[reason]++;
        handle(reason);
    }

    private int enterGuest(long budget) {
        Cpu running = cpu.model();
        MODE.setVolatile(this, GUEST);
        if (flushWanted != flushDone) {
            flush(running);
        }
        int reason = running.run(budget);
        MODE.setRelease(this, HOST);
        return reason;
    }

    private void flush(Cpu running) {
        long wanted = flushWanted;
        running.flushTranslations();
        flushDone = wanted;
    }

    private void handle(int reason) {
        switch (reason) {
            case BUDGET, ATTENTION -> {
                // What is due is looked at before the guest is entered again.
            }
            case WINDOW -> interruptsChanged = true;
            case ACCESS -> access(cpu.model().exit());
            case CPUID -> vm.leaves.answer(cpu.model(), (int) cpu.model().exit().address);
            case HYPERCALL -> cpu.model().fault(INVALID_OPCODE, 0);
            case HLT -> halt();
            case FETCH -> fetch(cpu.model().exit());
            case EXCLUSIVE -> exclusiveWanted = true;
            case SHUTDOWN -> shutdown();
            case BREAKPOINT -> vm.stop("vcpu%d stands at a breakpoint, RIP 0x%x".formatted(index, rip()));
            default -> throw new IllegalStateException("exit " + reason + " of " + cpu.offer() + " is unknown");
        }
    }

    // ---- accesses

    private void access(CpuExit exit) {
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
        } else {
            request(exit, IoRequestPage.PORTIO);
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
        cpu.model().answer(value);
    }

    private void memory(CpuExit exit) {
        long page = exit.address & ~PAGE_MASK;
        if (page == apicPage) {
            apic(exit);
        } else if (page == IOAPIC_PAGE) {
            ioapic(exit);
        } else {
            boolean guarded = exit.write && vm.memory.writeProtected(exit.address, walk);
            request(exit, guarded ? IoRequestPage.WRITE_PROTECT : IoRequestPage.MMIO);
        }
    }

    /** Registers are 4 bytes at 16-byte boundaries; a write that is not just that has no effect (SDM volume 3). */
    private void apic(CpuExit exit) {
        int offset = (int) (exit.address & PAGE_MASK);
        int inside = offset & 0xF;
        long value = 0;
        if (exit.write) {
            if (inside == 0 && exit.size >= 4) {
                lapic.model().write(offset, (int) exit.value);
            }
        } else if (inside < 4) {
            value = (lapic.model().read(offset & ~0xF) & 0xFFFF_FFFFL) >>> 8 * inside;
        }
        interruptsChanged = true;
        cpu.model().answer(value);
    }

    private void ioapic(CpuExit exit) {
        int offset = (int) (exit.address & PAGE_MASK);
        if (exit.size != 4 && vm.behaviour() == Behaviour.ACRN) {
            cpu.model().fault(GENERAL_PROTECTION, 0);
            return;
        }
        long value = 0;
        if (exit.write) {
            fabric.writeIoApic(offset, (int) exit.value);
        } else {
            value = (fabric.readIoApic(offset & ~3) & 0xFFFF_FFFFL) >>> 8 * (offset & 3);
        }
        cpu.model().answer(value);
    }

    private void msr(CpuExit exit) {
        int number = (int) exit.address;
        boolean apic = number == APIC_BASE_MSR || number == TSC_DEADLINE_MSR || number >>> 8 == 0x8;
        if (!apic) {
            vm.unhandledMsr(this, number, exit.write, exit.value);
        }
        if (!apic || !apicMsr(exit, number)) {
            cpu.model().fault(GENERAL_PROTECTION, 0);
        }
    }

    private boolean apicMsr(CpuExit exit, int number) {
        boolean done = exit.write ? lapic.model().writeMsr(number, exit.value) : lapic.model().readMsr(number, msr);
        if (done) {
            interruptsChanged = true;
            findApicPage();
            cpu.model().answer(msr[0]);
        }
        return done;
    }

    private void taskPriority(CpuExit exit) {
        if (exit.write) {
            lapic.model().cr8((int) exit.value);
            interruptsChanged = true;
        }
        cpu.model().answer(lapic.model().cr8());
    }

    private void findApicPage() {
        long base = lapic.model().base();
        boolean mapped = (base & (APIC_ENABLED | APIC_X2)) == APIC_ENABLED;
        apicPage = mapped ? base & ~PAGE_MASK : NO_PAGE;
    }

    // ---- I/O requests

    /** Fills the slot and tells the HSM; in direct mode the answer is there on return ({@code hsm.md} 7.4, 7.13). */
    private void request(CpuExit exit, int type) {
        if (post(type, exit.address, exit.size, exit.write, exit.value)) {
            answerWanted = true;
            vm.upcall.request(index);
            takeAnswer();
        } else {
            cpu.model().fault(GENERAL_PROTECTION, 0);
        }
    }

    private boolean post(int type, long address, int size, boolean write, long value) {
        IoRequestPage page = vm.page();
        if (page.state(index) != IoRequestPage.FREE) {
            return false;
        }
        page.type(index, type);
        page.completionPolling(index, vm.polling());
        page.write(index, write);
        page.address(index, address);
        page.size(index, size);
        page.value(index, write ? value : 0);
        requests++;
        ACTIVITY.setOpaque(this, IN_REQUEST);
        page.state(index, IoRequestPage.PENDING);
        return true;
    }

    private boolean takeAnswer() {
        IoRequestPage page = vm.page();
        if (page.state(index) != IoRequestPage.COMPLETE) {
            return false;
        }
        long value = page.value(index);
        page.state(index, IoRequestPage.FREE);
        ACTIVITY.setOpaque(this, answerWanted ? RUNNING : SHUT_DOWN);
        if (answerWanted) {
            answerWanted = false;
            cpu.model().answer(value);
        }
        return true;
    }

    // ---- interrupts

    private void takeMessages() {
        int flags = inbox.take();
        if ((flags & Inbox.INIT) != 0) {
            init();
        }
        if ((flags & Inbox.STARTUP) != 0 && activity == WAIT_SIPI) {
            cpu.model().startup(inbox.startVector());
            activate(RUNNING);
        }
        if ((flags & Inbox.TIMER) != 0) {
            lapic.model().timer();
        }
        if ((flags & Inbox.FIXED) != 0) {
            inbox.drainFixed(lapic.model());
        }
        nmiPending |= (flags & Inbox.NMI) != 0;
        extIntPending |= (flags & Inbox.EXTINT) != 0;
        interruptsChanged = true;
    }

    /** INIT resets the processor; the bootstrap processor then starts anew, others wait for a start-up message. */
    private void init() {
        cpu.model().init();
        lapic.model().init();
        forgetEvents();
        findApicPage();
        activate((lapic.model().base() & APIC_BSP) != 0 ? RUNNING : WAIT_SIPI);
    }

    private void activate(int now) {
        ACTIVITY.setOpaque(this, now);
    }

    private void halt() {
        activate(HALTED);
        interruptsChanged = true;
    }

    /** Gives the CPU the most urgent interrupt that it can take now, or asks to be told when it can. */
    private void deliver() {
        interruptsChanged = false;
        if (activity != RUNNING && activity != HALTED) {
            interruptsChanged = activity == WAIT_SIPI;
            return;
        }
        deliverNmi();
        boolean external = fabric.intr() && (extIntPending || lapic.model().passesExtInt());
        extIntPending &= external;
        if (external || lapic.model().pending() >= 0) {
            deliverVector(external);
        } else {
            window(false);
        }
    }

    private void deliverNmi() {
        if (nmiPending && cpu.model().nmiAllowed()) {
            nmiPending = false;
            cpu.model().nmi();
            activate(RUNNING);
        }
        // While it is blocked, run() comes back soon.
        interruptsChanged = nmiPending;
    }

    private void deliverVector(boolean external) {
        if (!cpu.model().interruptible()) {
            window(true);
            return;
        }
        int vector = external ? fabric.acknowledge() : lapic.model().acknowledge();
        extIntPending &= !external;
        if (vector >= 0) {
            cpu.model().interrupt(vector);
            activate(RUNNING);
        }
        window(fabric.intr() && lapic.model().passesExtInt() || lapic.model().pending() >= 0);
    }

    private void window(boolean wanted) {
        if (wanted != windowWanted) {
            windowWanted = wanted;
            cpu.model().window(wanted);
        }
    }

    // ---- trouble

    private void fetch(CpuExit exit) {
        long gpa = exit.address;
        if (vm.behaviour() == Behaviour.ACRN && vm.memory.makeExecutable(gpa)) {
            return;
        }
        vm.stop("vcpu%d fetches an instruction at guest physical 0x%x, where %s; RIP 0x%x".formatted(index, gpa,
                vm.memory.mapped(gpa) ? "the mapping gives no execute right" : "no RAM is mapped", rip()));
    }

    private void shutdown() {
        activate(SHUT_DOWN);
        vm.tripleFault(this, StartState.report(cpu.model()));
    }

    /** ACRN's way to tell of a triple fault: the sleep request S5 at the PM1 control port ({@code hsm.md} 14.8). */
    void requestPowerOff() {
        if (post(IoRequestPage.PORTIO, 0x404, 2, true, 0x3400)) {
            vm.upcall.request(index);
            takeAnswer();
        }
    }

    private long rip() {
        return cpu.model().register(org.cupule.hardware.Register.RIP);
    }

    // ---- while it stands still

    /** Sets the power-on state. */
    void reset() {
        lapicTimer.disarm();
        cpu.model().reset();
        lapic.model().reset();
        inbox.clear();
        forgetEvents();
        answerWanted = false;
        exclusiveWanted = false;
        exclusiveExit = NO_EXIT;
        activate(firstActivity());
        refit();
    }

    /** A model was replaced: looks anew at whatever was known of the old one. */
    void refit() {
        windowWanted = false;
        interruptsChanged = true;
        findApicPage();
    }

    private void forgetEvents() {
        nmiPending = false;
        extIntPending = false;
        interruptsChanged = true;
        window(false);
    }

    private int firstActivity() {
        return index == 0 ? RUNNING : WAIT_SIPI;
    }

    /** {@return what it does and has done, for people} */
    String describe() {
        var text = new StringBuilder("vcpu%d %s, %d instructions, %d requests, exits".formatted(index, activity(),
                vm.state() == org.cupule.hypervisor.Partition.State.RUNNING ? 0 : cpu.model().retired(), requests));
        String[] names = {"budget", "attention", "window", "breakpoint", "access", "cpuid", "hypercall", "hlt",
                "shutdown", "fetch", "exclusive"};
        for (int i = 0; i < exits.length; i++) {
            if (exits[i] != 0) {
                text.append(' ').append(names[i]).append(' ').append(exits[i]);
            }
        }
        return text.toString();
    }

    /** What the CPU model reaches. */
    private final class FromCpu implements CpuContext {
        @Override
        public boolean translate(long gpa, int access, Translation out) {
            return vm.memory.translate(gpa, access, walk, out);
        }

        @Override
        public long timeStampCounter() {
            return VmClock.ticks(vm.clock.nanos(), TSC_HERTZ);
        }

        @Override
        public long requestFlush() {
            return vm.requestFlush(Vcpu.this);
        }

        @Override
        public boolean flushed(long request) {
            return vm.flushed(Vcpu.this, request);
        }

        @Override
        public void unknownInstruction(long rip, byte[] bytes) {
            vm.unknownInstruction(index, rip, bytes);
        }
    }

    /** What the local APIC model reaches. */
    private final class FromLapic implements LapicContext {
        @Override
        public VmClock clock() {
            return vm.clock;
        }

        @Override
        public long busHertz() {
            return BUS_HERTZ;
        }

        @Override
        public long tscHertz() {
            return TSC_HERTZ;
        }

        @Override
        public long timeStampCounter() {
            return VmClock.ticks(vm.clock.nanos(), TSC_HERTZ) + cpu.model().timeStampAdjustment();
        }

        @Override
        public void timerAt(long deadlineNanos) {
            lapicTimer.arm(deadlineNanos);
        }

        @Override
        public void send(Ipi ipi) {
            fabric.send(Vcpu.this, ipi);
        }

        @Override
        public void endOfInterrupt(int vector) {
            fabric.endOfInterrupt(vector);
        }
    }
}
