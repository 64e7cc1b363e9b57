package org.cupule.machine.device;

import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.cupule.fault.FaultKind;
import org.cupule.hsm.ioreq.IoAccess;
import org.cupule.hsm.ioreq.IoHandler;
import org.cupule.machine.device.PlacedFault.Strike;
import org.jspecify.annotations.Nullable;

/**
 * The faults between one device and its machine. A device without faults has none of these, and pays one look at a
 * field for it.
 *
 * @threading any thread; the list is immutable, another list is another interposer
 */
final class Interposer {
    /** What stands for a message where else the index of a line does. */
    static final int MESSAGE = -1;
    private static final long FLOAT = -1;
    private static final long NANOS = 1000;

    private final HostedDevice host;
    private final List<PlacedFault> faults;

    private Interposer(HostedDevice host, List<PlacedFault> faults) {
        this.host = host;
        this.faults = faults;
    }

    /** {@return the faults of before and one more} */
    static Interposer with(HostedDevice host, @Nullable Interposer before, PlacedFault more) {
        return before == null
                ? new Interposer(host, List.of(more))
                : new Interposer(host, Stream.concat(before.faults.stream(), Stream.of(more)).toList());
    }

    /** {@return the faults without one; null when none is left} */
    @Nullable
    Interposer without(PlacedFault one) {
        List<PlacedFault> rest = faults.stream().filter(fault -> fault != one).toList();
        return rest.isEmpty() ? null : new Interposer(host, rest);
    }

    /** {@return whether one of the faults is a removal} */
    boolean removes() {
        return faults.stream().anyMatch(fault -> fault.spec().kind() == FaultKind.REMOVE);
    }

    List<PlacedFault> faults() {
        return faults;
    }

    /** Answers an access as a faulty device does. */
    long handle(IoAccess access, IoHandler device) {
        boolean dropped = false;
        long flipped = 0;
        for (PlacedFault fault : faults) {
            Strike strike = fault.spec().kind().ofAccess() ? fault.strike() : null;
            if (strike != null) {
                switch (fault.spec().kind()) {
                    case DROP -> dropped = true;
                    case DELAY -> delay(strike.scripted() ? strike.value() : fault.spec().delayMicros());
                    case CORRUPT ->
                        flipped ^= strike.scripted() ? strike.value() : 1L << strike.value() % (8L * access.size());
                    case SPURIOUS_IRQ ->
                        host.faultSide().interruptForNothing(fault.line(), (int) (strike.value() & 0xFFFF));
                    case REMOVE -> host.faultSide().pullOut(fault);
                    case LOST_IRQ, DMA_ERROR -> throw new IllegalStateException("no fault of an access");
                }
            }
        }
        if (dropped || host.faultSide().gone()) {
            return FLOAT;
        }
        return flipped == 0
                ? device.handle(access)
                : access.write() ? device.handle(new Corrupted(access, flipped)) : device.handle(access) ^ flipped;
    }

    private static void delay(long micros) {
        long end = System.nanoTime() + micros * NANOS;
        for (long left = micros * NANOS; left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
            if (Thread.currentThread().isInterrupted()) {
                return; // the machine is ending
            }
        }
    }

    /** Inside the gate. @return whether a rise of this line, or {@link #MESSAGE}, is lost */
    boolean loses(int line) {
        boolean lost = host.faultSide().gone();
        for (PlacedFault fault : faults) {
            boolean meant = fault.spec().kind() == FaultKind.LOST_IRQ && (fault.line() < 0 || fault.line() == line);
            lost |= meant && fault.strike() != null;
        }
        return lost;
    }

    /** Inside the gate. @return whether a transfer fails */
    boolean failsTransfer() {
        boolean failed = host.faultSide().gone();
        for (PlacedFault fault : faults) {
            failed |= fault.spec().kind() == FaultKind.DMA_ERROR && fault.strike() != null;
        }
        return failed;
    }

    /** A write whose value changed on its way. */
    private record Corrupted(IoAccess access, long flipped) implements IoAccess {
        @Override
        public int vcpu() {
            return access.vcpu();
        }

        @Override
        public int type() {
            return access.type();
        }

        @Override
        public long address() {
            return access.address();
        }

        @Override
        public int size() {
            return access.size();
        }

        @Override
        public boolean write() {
            return true;
        }

        @Override
        public long value() {
            long wrong = access.value() ^ flipped;
            return size() == 8 ? wrong : wrong & (1L << 8 * size()) - 1;
        }

        @Override
        public int bdf() {
            return access.bdf();
        }

        @Override
        public int register() {
            return access.register();
        }
    }
}
