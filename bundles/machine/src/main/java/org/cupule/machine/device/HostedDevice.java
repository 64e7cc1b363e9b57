package org.cupule.machine.device;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.cupule.abi.IoRequestPage;
import org.cupule.device.DeviceFactory;
import org.cupule.device.PciRegisters;
import org.cupule.hsm.interrupt.Interrupts;
import org.cupule.device.PowerButton;
import org.cupule.hsm.ioreq.IoAccess;
import org.cupule.hsm.ioreq.IoClient;
import org.cupule.hsm.ioreq.IoHandler;
import org.cupule.hsm.memory.GuestMemory;
import org.cupule.machine.Machine.DeviceInfo;
import org.cupule.machine.gate.DeviceGate;
import org.cupule.machine.memory.MemoryLayout;
import org.cupule.machine.stream.Backing;
import org.cupule.pci.PciFunction;
import org.cupule.state.ModelState;
import org.cupule.time.VmClock;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;
import org.cupule.types.ModelInfo;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The place of one device in a machine: its name, windows, lines, stream and client, which stay, and the instance that
 * sits there now, which may be moved, parked or quarantined.
 *
 * <p>
 * Whoever enters the gate does, before it leaves: the call; then, with no call in the device any more, passes on what
 * the call asked for; then runs what has become due meanwhile. So nothing ever comes back into a device.
 *
 * @threading any thread
 */
public final class HostedDevice implements IoHandler {
    private static final Logger LOG = LoggerFactory.getLogger(HostedDevice.class);
    private static final VarHandle ACCESSES;
    private static final long FLOAT = -1;
    /** A device that is always due again must not keep the thread that serves it. */
    private static final int MOST_DUE_IN_A_ROW = 64;
    private static final long LOOK_AGAIN_NANOS = 200_000;
    private static final int STACK_SHOWN = 16;

    static {
        try {
            ACCESSES = MethodHandles.lookup().findVarHandle(HostedDevice.class, "accesses", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Board board;
    private final String name;
    private final Map<String, String> options;
    private final Backing backing;
    private final LineDriver[] drivers;
    private final @Nullable SwitchedFunction function;
    private volatile IoClient client;
    private final Shape shape;
    private final AtomicBoolean moving = new AtomicBoolean();

    private volatile Seat seat = new Seat();
    private volatile boolean due;
    private volatile boolean inputDue;
    private volatile ModelInfo model;
    private volatile long bundle;
    private volatile String status = "running";
    /** While parked: the host time, by System.nanoTime, from which accesses float. */
    private volatile long floatsFrom;
    private volatile @Nullable Parked parked;
    private volatile @Nullable Instance sick;
    private volatile boolean resetOnReturn;
    private volatile long failures;
    /** What the watchdog saw last, and how often in a row. */
    private Optional<DeviceGate.Visit> lastVisit = Optional.empty();
    private int looks;
    /** Written inside the gate, read anywhere: opaque. */
    private long accesses;

    HostedDevice(Board board, Placement placement, Map<String, String> options, Backing backing, LineDriver[] drivers,
            @Nullable SwitchedFunction function, DeviceOffer offer) {
        this.board = board;
        this.name = placement.name();
        this.options = options;
        this.backing = backing;
        this.drivers = drivers;
        this.function = function;
        this.model = offer.info();
        this.bundle = offer.bundle();
        this.shape = Shape.of(offer.spec());
        this.client = board.vm().ioRequests().inline(name, this);
        backing.onInput(this::inputArrived);
    }

    // ------------------------------------------------------------------ the access path

    @Override
    public long handle(IoAccess access) {
        Seat here = enter();
        try {
            Instance instance = here.instance;
            if (instance != null) {
                return serve(here, instance, access);
            }
        } finally {
            leave(here);
        }
        return parked != null && awaitReturn() ? handle(access) : FLOAT;
    }

    private Seat enter() {
        for (Seat here = seat;; here = seat) {
            if (here.gate.enter()) {
                if (here == seat) {
                    return here;
                }
                here.gate.leave();
            }
        }
    }

    private void leave(Seat here) {
        settle(here);
        here.gate.leave();
        if (due && !runDue()) {
            board.late().add(this);
        }
    }

    private long serve(Seat here, Instance instance, IoAccess access) {
        int position = here.windows.find(access.type(), access.address(), access.size());
        if (position < 0) {
            return FLOAT;
        }
        ACCESSES.setOpaque(this, accesses + 1);
        try {
            long value = call(here.windows, position, instance, access);
            here.failuresInRow = 0;
            return value;
        } catch (Throwable e) {
            failed(here, instance, describe(access), e);
            return FLOAT;
        }
    }

    private long call(Windows windows, int position, Instance instance, IoAccess access) {
        int window = windows.index(position);
        long offset = access.address() - windows.first(position);
        int size = access.size();
        if (access.type() == IoRequestPage.PORTIO) {
            if (!access.write()) {
                return instance.ports().readPort(window, (int) offset, size);
            }
            instance.ports().writePort(window, (int) offset, size, (int) access.value());
        } else if (function != null && shape.answersMsix(window, offset)) {
            if (!access.write()) {
                return function.readMsix(offset, size);
            }
            function.writeMsix(offset, size, access.value());
        } else {
            if (!access.write()) {
                return instance.memory().readMmio(window, offset, size);
            }
            instance.memory().writeMmio(window, offset, size, access.value());
        }
        return 0;
    }

    /** Reads a capability that the device itself answers for; all ones when it fails or is not there. */
    int readCapability(int capability, int offset, int size) {
        Seat here = enter();
        try {
            Instance instance = here.instance;
            return instance != null && instance.device() instanceof PciRegisters registers
                    ? registers.readCapability(capability, offset, size)
                    : (int) FLOAT;
        } catch (Throwable e) {
            failed(here, here.instance, "read of capability " + capability, e);
            return (int) FLOAT;
        } finally {
            leave(here);
        }
    }

    /** Writes a capability that the device itself answers for. */
    void writeCapability(int capability, int offset, int size, int value) {
        Seat here = enter();
        try {
            Instance instance = here.instance;
            if (instance != null && instance.device() instanceof PciRegisters registers) {
                registers.writeCapability(capability, offset, size, value);
            }
        } catch (Throwable e) {
            failed(here, here.instance, "write of capability " + capability, e);
        } finally {
            leave(here);
        }
    }

    private static String describe(IoAccess access) {
        return "%s of %d bytes at %s 0x%x".formatted(access.write() ? "write" : "read", access.size(),
                access.type() == IoRequestPage.PORTIO ? "port" : "memory", access.address());
    }

    /** Waits for a parked device to come back. @return whether it has, before its accesses float */
    private boolean awaitReturn() {
        boolean interrupted = false;
        while (parked != null && floatsFrom - System.nanoTime() > 0) {
            LockSupport.parkNanos(this, LOOK_AGAIN_NANOS);
            interrupted |= Thread.interrupted();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return parked == null;
    }

    // ------------------------------------------------------------------ timers and input

    /** Something became due; never waits. */
    void signal() {
        due = true;
        if (!runDue()) {
            board.late().add(this);
        }
    }

    private void inputArrived() {
        inputDue = true;
        due = true;
        board.late().add(this); // the thread that brings it must not depend on the device
    }

    /** Runs what is due, unless somebody is inside. @return false when it must be tried again */
    boolean runDue() {
        Seat here = seat;
        if (!due || here.gate.held()) {
            return true; // who is inside looks again before it leaves
        }
        if (!here.gate.tryEnter()) {
            return false;
        }
        settle(here);
        here.gate.leave();
        return !due;
    }

    /** With no call in the device: passes on what the last call asked for, and runs what is due. */
    void settle(Seat here) {
        Instance instance = here.instance;
        if (instance == null || here != seat) {
            due = false;
            return;
        }
        instance.context().flush();
        for (int i = 0; due && i < MOST_DUE_IN_A_ROW; i++) {
            due = false;
            runActions(here, instance);
        }
    }

    private void runActions(Seat here, Instance instance) {
        if (inputDue) {
            inputDue = false;
            run(here, instance, instance.context().inputAction(), "input");
        }
        for (int left = instance.context().posts(); left > 0; left--) {
            run(here, instance, instance.context().takePost(), "posted action");
        }
        runDiskEnds(here, instance);
        for (int timer = 0; timer < instance.context().timers(); timer++) {
            run(here, instance, instance.context().takeDue(timer), "timer");
        }
    }

    private void runDiskEnds(Seat here, Instance instance) {
        Runnable end = instance.context().takeDiskEnd();
        for (int told = 1; end != null; told++) {
            run(here, instance, end, "end of a disk operation");
            if (told == MOST_DUE_IN_A_ROW) {
                due = true;
                return;
            }
            end = instance.context().takeDiskEnd();
        }
    }

    private void run(Seat here, Instance instance, @Nullable Runnable action, String what) {
        if (action == null) {
            return;
        }
        try {
            action.run();
            here.failuresInRow = 0;
        } catch (Throwable e) {
            failed(here, instance, what, e);
        }
        instance.context().flush();
    }

    /** Somebody pressed the power button. @return whether the device heard it */
    boolean press() {
        Seat here = enter();
        try {
            Instance instance = here.instance;
            if (instance == null || !(instance.device() instanceof PowerButton button)) {
                return false;
            }
            run(here, instance, button::press, "power button");
            return true;
        } finally {
            leave(here);
        }
    }

    // ------------------------------------------------------------------ failures

    /** Inside the gate. A virtual machine error of the JVM counts too: it was this device that caused it. */
    private void failed(Seat here, @Nullable Instance instance, String what, Throwable cause) {
        if (here != seat || instance == null) {
            LOG.info("device {} ({}): a call that was given up has come back", name, model.id());
            return;
        }
        failures++;
        int row = ++here.failuresInRow;
        if (Integer.bitCount(row) == 1) {
            LOG.warn("device {} ({}) failed in a {}; the guest got all ones", name, model.id(), what, cause);
        }
        if (row >= board.policy().failuresInRow()) {
            quarantine(here, instance, "%d calls in a row failed, the last with %s".formatted(row, cause));
        }
    }

    private void quarantine(Seat here, Instance instance, String reason) {
        instance.context().quiet();
        instance.context().revoke();
        here.instance = null;
        sick = instance;
        status = "quarantined: " + reason;
        LOG.error("device {} ({}) is quarantined: {}; swap it, or unplug and plug it", name, model.id(), reason);
    }

    void log(String what, Throwable cause) {
        LOG.warn("device {} ({}) failed in its {}", name, model.id(), what, cause);
    }

    // ------------------------------------------------------------------ coming, resetting, going

    /** Seats the first instance, at its place. Nothing is mapped before this. */
    void install(Instance instance, List<Windows.Placed> windows) {
        Seat here = enter();
        here.instance = instance;
        instance.context().commit();
        leave(here);
        place(windows);
    }

    /** Lets the device answer in these windows from now on, and in no others. */
    void place(List<Windows.Placed> windows) {
        Seat here = enter();
        IoClient present = client;
        List<IoRange> old = here.windows.ranges();
        here.windows = new Windows(windows);
        List<IoRange> now = here.windows.ranges();
        leave(here);
        try {
            old.stream().filter(range -> !now.contains(range)).forEach(present::remove);
            now.stream().filter(range -> !old.contains(range)).forEach(present::add);
        } catch (HsmException e) {
            if (present == client) {
                throw e;
            } // else the device was given up meanwhile, and its new client has the new windows
        }
    }

    /** Looks again at which level its pin lets through. */
    void settleLines() {
        Seat here = enter();
        for (LineDriver driver : drivers) {
            driver.settle();
        }
        leave(here);
    }

    /** {@return its function on the PCI bus, if it has one} */
    @Nullable
    SwitchedFunction pci() {
        return function;
    }

    /**
     * Sets the power-on state. A device that does not come to rest in time is quarantined; one that is in quarantine is
     * made anew; a parked one is reset when it comes back.
     */
    public void reset() {
        Seat here = seat;
        if (!Patience.run(threadName("reset"), patience().multipliedBy(2), () -> reset(here)) && here == seat) {
            abandon("it did not end its reset");
        }
    }

    private void reset(Seat here) {
        if (!here.gate.close(board.policy().quiesce().toNanos())) {
            abandon("it did not come to rest for a reset");
            return;
        }
        try {
            resetBehindGate(here);
        } finally {
            open(here);
        }
    }

    private void resetBehindGate(Seat here) {
        Instance instance = here.instance;
        Instance failed = sick;
        resetOnReturn = parked != null;
        if (instance != null) {
            instance.context().quiet();
            run(here, instance, instance.device()::reset, "reset");
        } else if (failed != null) {
            try {
                reseat(here, Moves.make(this, failed.offer()));
            } catch (HsmException e) {
                LOG.error("device {} stays in quarantine: {}", name, e.getMessage());
            }
        }
    }

    private void reseat(Seat here, Instance made) {
        if (here == seat) {
            occupy(here, made);
        } else {
            made.context().revoke(); // it took so long to make it that the device was given up
            Moves.close(this, made.device());
        }
    }

    /** Opens the gate that the caller has closed, and looks at what became due meanwhile. */
    void open(Seat here) {
        settle(here);
        here.gate.open();
        if (due && !runDue()) {
            board.late().add(this);
        }
    }

    /** Its plug-in goes away: keeps its state; accesses wait for it for the grace time, and then float. */
    void park(DeviceFactory factory) {
        Seat here = seat;
        if (!here.gate.close(board.policy().quiesce().toNanos())) {
            abandon("its plug-in went away while a call was in it");
            return;
        }
        Instance instance = here.instance;
        if (instance != null && instance.offer().factory() != factory) {
            open(here); // moved to another plug-in meanwhile
            return;
        }
        try {
            TreeMap<Integer, ModelState> states = instance == null ? new TreeMap<>() : Moves.saveAll(this, instance);
            if (here == seat && instance != null && !states.isEmpty()) {
                Parked kept = instance.context().carried(instance.offer().schema().kind(), states);
                vacate(here, "parked: the plug-in of " + model.id() + " went away");
                floatsFrom = System.nanoTime() + board.policy().grace().toNanos();
                parked = kept;
            } else if (here == seat) {
                vacate(here, "quarantined: its plug-in went away, and its state could not be saved");
            }
        } finally {
            open(here);
        }
        if (instance != null) {
            Moves.close(this, instance.device());
        }
    }

    /**
     * {@return its state, lines and timers, behind the closed gate}
     *
     * @throws HsmException
     *             EOPNOTSUPP when it is in quarantine, EIO when its model fails
     */
    Parked still(Seat here) {
        Parked kept = parked;
        if (kept != null) {
            return kept;
        }
        Instance instance = here.instance;
        if (instance == null || here != seat) {
            throw new HsmException(Errno.EOPNOTSUPP, "save", "the device '%s' is %s".formatted(name, status));
        }
        instance.context().flush();
        TreeMap<Integer, ModelState> states = Moves.saveAll(this, instance);
        if (states.isEmpty()) {
            throw new HsmException(Errno.EIO, "save", "the model %s of device '%s' failed to save its state".formatted(
                    model.id(), name));
        }
        return instance.context().carried(instance.offer().schema().kind(), states);
    }

    /** {@return why it could not be saved now, or null} */
    @Nullable
    String saveObstacle() {
        Instance instance = seat.instance;
        if (instance == null) {
            return parked != null ? null : "the device '%s' is %s: unplug it".formatted(name, status);
        }
        return instance.offer().schema().writes().isEmpty()
                ? "the device '%s' has no state: its model %s writes none; unplug it".formatted(name, model.id())
                : null;
    }

    /** It is to be made of what was saved: until then its accesses wait. */
    void expect(Parked saved) {
        floatsFrom = System.nanoTime() + board.policy().grace().toNanos();
        parked = saved;
    }

    /** It was made of what was saved: input that came before it could be told of is announced. */
    void restored() {
        inputArrived();
    }

    /** Takes the device away: accesses float, nothing is called any more. */
    public void unplug() {
        Seat here = seat;
        if (here.gate.close(board.policy().quiesce().toNanos())) {
            Instance instance = vacate(here, "unplugged");
            here.gate.open();
            if (instance != null) {
                Moves.close(this, instance.device());
            }
        } else {
            abandon("it did not come to rest to be unplugged");
        }
        client.close();
        backing.close();
    }

    private @Nullable Instance vacate(Seat here, String why) {
        Instance instance = here.instance;
        if (instance != null) {
            instance.context().quiet();
            instance.context().revoke();
        }
        here.instance = null;
        parked = null;
        sick = null;
        status = why;
        return instance;
    }

    /** Seats a restored instance, behind the closed gate, and brings its lines and timers into force. */
    void occupy(Seat here, Instance made) {
        Instance old = here.instance;
        if (old != null) {
            old.context().revoke();
        }
        here.instance = made;
        here.failuresInRow = 0;
        parked = null;
        sick = null;
        model = made.offer().info();
        bundle = made.offer().bundle();
        status = "running";
        made.context().commit();
        if (resetOnReturn) {
            resetBehindGate(here);
        }
    }

    /** Somebody is stuck behind the closed gate, and not in the device: it goes on behind a new one. */
    void moveToNewSeat(Seat stuck) {
        if (!stuck.left.compareAndSet(false, true)) {
            return;
        }
        var fresh = new Seat();
        fresh.windows = stuck.windows;
        fresh.instance = stuck.instance;
        fresh.failuresInRow = stuck.failuresInRow;
        seat = fresh;
        stuck.gate.retire();
        signal();
    }

    /**
     * Gives up a device that somebody is stuck in: its context is revoked, a new, empty seat takes the accesses, and
     * the requests that are inside are answered with all ones by others; so that nothing it does when it comes back
     * matters.
     */
    void abandon(String reason) {
        Seat stuck = seat;
        if (!stuck.left.compareAndSet(false, true)) {
            return;
        }
        Optional<DeviceGate.Visit> inside = stuck.gate.visit();
        status = "quarantined: " + reason
                + inside.map(visit -> " (thread " + visit.thread().getName() + ")").orElse("");
        leaveSeat(stuck);
        LOG.error("device {} ({}) is quarantined: {}; unplug and plug it{}", name, model.id(), reason,
                inside.map(HostedDevice::whereabouts).orElse(""));
        answerInItsPlace();
        inside.ifPresent(visit -> leaveBehind(visit.thread()));
    }

    private void leaveSeat(Seat stuck) {
        var fresh = new Seat();
        fresh.windows = stuck.windows;
        Instance instance = stuck.instance;
        seat = fresh;
        stuck.gate.retire();
        if (instance != null) {
            instance.context().revoke();
        }
        fresh.gate.enter();
        for (LineDriver driver : drivers) {
            driver.drive(false);
        }
        fresh.gate.leave();
    }

    private static String whereabouts(DeviceGate.Visit visit) {
        return Stream.of(visit.thread().getStackTrace()).limit(STACK_SHOWN).map(frame -> "\n\tat " + frame).collect(
                Collectors.joining("", "; thread " + visit.thread().getName() + " is left behind in it", ""));
    }

    /** The new client first: no access may find no client. */
    private void answerInItsPlace() {
        IoClient old = client;
        try {
            IoClient fresh = board.vm().ioRequests().inline(name, this);
            client = fresh;
            seat.windows.ranges().forEach(fresh::add);
        } catch (HsmException e) {
            LOG.debug("device {} gets no accesses any more: {}", name, e.getMessage());
        }
        old.abandon();
    }

    private void leaveBehind(Thread stuck) {
        board.late().leaveBehind(stuck);
        try {
            board.vm().leaveBehind(stuck);
        } catch (HsmException e) {
            LOG.debug("device {}: {}", name, e.getMessage());
        }
    }

    /** One look of the watchdog: gives the device up when it has seen the same call so often. */
    void look(int most) {
        DeviceGate gate = seat.gate;
        if (gate.closed()) {
            return; // who has closed it watches over it
        }
        Optional<DeviceGate.Visit> visit = gate.visit();
        looks = visit.isPresent() && visit.equals(lastVisit) ? looks + 1 : 0;
        lastVisit = visit;
        if (looks >= most) {
            abandon("a call into it has not returned for " + board.policy().call().toMillis() + " ms");
        }
    }

    /** {@return the device as people see it} */
    public DeviceInfo info() {
        return new DeviceInfo(name, model.kind(), model.id(), bundle, place(), (long) ACCESSES.getOpaque(this),
                failures, status);
    }

    List<IoRange> ranges() {
        return seat.windows.ranges();
    }

    private String place() {
        var words = new ArrayList<String>();
        if (function != null) {
            words.add("pci " + function.address());
        }
        seat.windows.ranges().forEach(range -> words.add(Windows.text(range)));
        for (LineDriver driver : drivers) {
            words.add(driver.place());
        }
        return String.join(", ", words);
    }

    // ------------------------------------------------------------------ what its context reaches

    Seat seat() {
        return seat;
    }

    boolean held() {
        return seat.gate.held();
    }

    String name() {
        return name;
    }

    /** {@return the name of a thread that does something to this device} */
    String threadName(String what) {
        return "vm%d-%s-%s".formatted(board.vm().vmid(), name, what);
    }

    /** {@return how long it may take to come to rest} */
    Duration patience() {
        return board.policy().quiesce();
    }

    /** {@return the present model, or the last one} */
    ModelInfo model() {
        return model;
    }

    Shape shape() {
        return shape;
    }

    /** {@return the instance whose state counts: the one that answers, or the one in quarantine; null while parked} */
    @Nullable
    Instance occupant() {
        Instance present = seat.instance;
        return present != null ? present : sick;
    }

    /** {@return what is kept of the device while it is parked} */
    Parked parkedState() {
        Parked kept = parked;
        if (kept == null) {
            throw new HsmException(Errno.ENODEV, "swap", "the device '" + name + "' is " + status
                    + " and has no state that could be moved; unplug and plug it");
        }
        return kept;
    }

    boolean isParked() {
        return parked != null;
    }

    /** {@return whether a model could take over what is parked here} */
    boolean couldBe(DeviceOffer offer) {
        Parked kept = parked;
        return kept != null && offer.info().kind().equals(model.kind()) && kept.stateFor(offer.schema()).isPresent();
    }

    long bundle() {
        return bundle;
    }

    String status() {
        return status;
    }

    /** Claims the device for a move. @return false while another one is going on */
    boolean beginMove() {
        return moving.compareAndSet(false, true);
    }

    void endMove() {
        moving.set(false);
    }

    String option(String option) {
        String value = options.get(option);
        if (value == null) {
            throw new IllegalArgumentException("the device asks for option '" + option + "', which its spec has not");
        }
        return value;
    }

    LineDriver[] drivers() {
        return drivers;
    }

    @Nullable
    PciFunction function() {
        return function;
    }

    Backing backing() {
        return backing;
    }

    GuestMemory memory() {
        return board.vm().memory();
    }

    VmClock clock() {
        return board.vm().clock();
    }

    boolean deterministic() {
        return board.deterministic();
    }

    Interrupts interrupts() {
        return board.vm().interrupts();
    }

    Requests requests() {
        return board.requests();
    }

    MemoryLayout layout() {
        return board.layout();
    }

    int processors() {
        return board.vm().vcpuCount();
    }
}
