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
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.cupule.abi.IoRequestPage;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
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
    private static final long LOOK_AGAIN_NANOS = 200_000;

    static {
        try {
            ACCESSES = MethodHandles.lookup().findVarHandle(HostedDevice.class, "accesses", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Surroundings around;
    private final Standing standing;
    private final Supervisor supervisor;
    private final DueWork work;
    private final Tenancy tenancy;
    private final FaultSide faultSide;
    private final @Nullable SwitchedFunction function;
    private final Shape shape;
    private final AtomicBoolean moving = new AtomicBoolean();
    private volatile IoClient client;
    private volatile Seat seat = new Seat();
    /** Written inside the gate, read anywhere: opaque. */
    private long accesses;

    HostedDevice(Board board, Placement placement, Map<String, String> options, Backing backing, LineDriver[] drivers,
            @Nullable SwitchedFunction function, DeviceOffer offer) {
        this.function = function;
        this.shape = Shape.of(offer.spec());
        this.around = new Surroundings(board, placement.name(), options, backing, drivers, function, shape);
        this.standing = new Standing(placement.name(), offer);
        this.supervisor = new Supervisor(this, around, standing);
        this.work = new DueWork(this);
        this.tenancy = new Tenancy(this, around, standing);
        this.faultSide = new FaultSide(this, around,
                offer.spec().lines().stream().map(DeviceSpec.LineSpec::name).toList());
        this.client = board.vm().ioRequests().inline(placement.name(), this);
        backing.onInput(work::inputArrived);
    }

    // ------------------------------------------------------------------ the access path

    @Override
    public long handle(IoAccess access) {
        Interposer faults = faultSide.interposer();
        return faults == null ? answer(access) : faults.handle(access, this::answer);
    }

    private long answer(IoAccess access) {
        Seat here = enter();
        try {
            Instance instance = here.instance;
            if (instance != null) {
                return serve(here, instance, access);
            }
        } finally {
            leave(here);
        }
        return standing.parked != null && awaitReturn() ? answer(access) : FLOAT;
    }

    /** Goes into the present seat. */
    Seat enter() {
        for (Seat here = seat;; here = seat) {
            if (here.gate.enter()) {
                if (here == seat) {
                    return here;
                }
                here.gate.leave();
            }
        }
    }

    /** Leaves a seat, after what became due meanwhile. */
    void leave(Seat here) {
        work.settle(here);
        here.gate.leave();
        work.runOrPutOff();
    }

    private long serve(Seat here, Instance instance, IoAccess access) {
        int position = here.windows.find(access.type(), access.address(), access.size());
        if (position < 0) {
            return FLOAT;
        }
        ACCESSES.setOpaque(this, accesses + 1);
        try {
            long value = call(here.windows, position, instance, access);
            if (wider(value, access.size())) {
                supervisor.failed(here, instance, describe(access), new IllegalStateException(
                        "it answered 0x%x".formatted(value)));
            } else {
                here.failuresInRow = 0;
            }
            return value;
        } catch (Throwable e) {
            supervisor.failed(here, instance, describe(access), e);
            return FLOAT;
        }
    }

    /** {@return whether the bits above the access are neither zeros nor those of a sign} */
    private static boolean wider(long value, int size) {
        int bits = size * Byte.SIZE;
        long above = bits == Long.SIZE ? 0 : value >> bits;
        return above + 1 >>> 1 != 0;
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
            supervisor.failed(here, here.instance, "read of capability " + capability, e);
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
            supervisor.failed(here, here.instance, "write of capability " + capability, e);
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
        while (standing.parked != null && standing.floatsFrom - System.nanoTime() > 0) {
            LockSupport.parkNanos(this, LOOK_AGAIN_NANOS);
            interrupted |= Thread.interrupted();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return standing.parked == null;
    }

    /** Somebody pressed the power button. @return whether the device heard it */
    boolean press() {
        return tell(PowerButton.class, PowerButton::press, "power button");
    }

    /** Calls the device in a further role of it. @return whether it has that role, and is there */
    <T> boolean tell(Class<T> role, Consumer<T> action, String what) {
        Seat here = enter();
        try {
            Instance instance = here.instance;
            if (instance == null || !role.isInstance(instance.device())) {
                return false;
            }
            work.call(here, instance, () -> action.accept(role.cast(instance.device())), what);
            return true;
        } finally {
            leave(here);
        }
    }

    // ------------------------------------------------------------------ the seat

    /** Opens the gate that the caller has closed, and looks at what became due meanwhile. */
    void open(Seat here) {
        work.settle(here);
        here.gate.open();
        work.runOrPutOff();
    }

    /** Lets the device answer in these windows from now on, and in no others. */
    void place(List<Windows.Placed> windows) {
        var fresh = new Windows(windows);
        List<IoRange> now = fresh.ranges();
        Seat here = enter();
        IoClient present = client;
        List<IoRange> old = here.windows.ranges();
        here.windows = fresh;
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
        try {
            for (LineDriver driver : around.drivers()) {
                driver.settle();
            }
        } finally {
            leave(here);
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
        work.signal();
    }

    /** A new, empty seat takes the accesses; who is in the old one can do nothing any more. */
    void leaveSeat(Seat stuck) {
        var fresh = new Seat();
        fresh.windows = stuck.windows;
        Instance instance = stuck.instance;
        seat = fresh;
        stuck.gate.retire();
        if (instance != null) {
            instance.context().revoke();
        }
        fresh.gate.enter();
        try {
            around.lowerLines();
        } finally {
            fresh.gate.leave();
        }
    }

    /** The new client first: no access may find no client. */
    void answerInItsPlace() {
        IoClient old = client;
        try {
            IoClient fresh = around.board().vm().ioRequests().inline(around.name(), this);
            client = fresh;
            seat.windows.ranges().forEach(fresh::add);
        } catch (HsmException e) {
            LOG.debug("device {} gets no accesses any more: {}", around.name(), e.getMessage());
        }
        old.abandon();
    }

    void abandon(Seat stuck, String reason) {
        supervisor.abandon(stuck, reason);
    }

    /** Nothing answers here any more. */
    void closeClient() {
        client.close();
        around.backing().close();
    }

    /** {@return the device as people see it} */
    public DeviceInfo info() {
        return new DeviceInfo(name(), standing.model.kind(), standing.model.id(), standing.bundle, whereabouts(),
                (long) ACCESSES.getOpaque(this), supervisor.failures(), standing.told());
    }

    List<IoRange> ranges() {
        return seat.windows.ranges();
    }

    private String whereabouts() {
        var words = new ArrayList<String>();
        if (around.switched() != null) {
            words.add("pci " + around.switched().address());
        }
        seat.windows.ranges().forEach(range -> words.add(Windows.text(range)));
        for (LineDriver driver : around.drivers()) {
            words.add(driver.place());
        }
        return String.join(", ", words);
    }

    void log(String what, Throwable cause) {
        LOG.warn("device {} ({}) failed in its {}: {}", name(), standing.model.id(), what, Supervisor.told(cause),
                cause);
    }

    // ------------------------------------------------------------------ its rooms

    Surroundings around() {
        return around;
    }

    Standing standing() {
        return standing;
    }

    Supervisor supervisor() {
        return supervisor;
    }

    Tenancy tenancy() {
        return tenancy;
    }

    FaultSide faultSide() {
        return faultSide;
    }

    DueWork work() {
        return work;
    }

    /** Somebody is inside now: looks again soon. */
    void putOff() {
        around.board().late().add(this);
    }

    Seat seat() {
        return seat;
    }

    boolean held() {
        return seat.gate.held();
    }

    String name() {
        return around.name();
    }

    /** {@return the instance that answers; null while none does} */
    @Nullable
    Instance occupant() {
        return seat.instance;
    }

    /** {@return whether its present model, or the one that failed, is of this factory} */
    boolean uses(DeviceFactory factory) {
        return offer().filter(offer -> offer.factory() == factory).isPresent();
    }

    /** {@return the offer of its present model, or of the one that failed} */
    Optional<DeviceOffer> offer() {
        Instance present = seat.instance;
        return present != null ? Optional.of(present.offer()) : Optional.ofNullable(standing.failing);
    }

    /** Claims the device for a move. @return false while another one is going on */
    boolean beginMove() {
        return moving.compareAndSet(false, true);
    }

    void endMove() {
        moving.set(false);
    }
}
