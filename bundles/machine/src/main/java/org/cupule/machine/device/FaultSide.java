package org.cupule.machine.device;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.cupule.types.Msi;
import org.jspecify.annotations.Nullable;

/**
 * The faults on demand of one device, and what they do to its lines.
 *
 * @threading any thread
 */
final class FaultSide {
    private final HostedDevice host;
    private final Surroundings around;
    private final List<String> lineNames;
    private final Object lock = new Object();
    /** Null for a device that has none. */
    private volatile @Nullable Interposer interposer;
    /** A fault has pulled the device out. */
    private volatile boolean gone;

    FaultSide(HostedDevice host, Surroundings around, List<String> lineNames) {
        this.host = host;
        this.around = around;
        this.lineNames = lineNames;
    }

    @Nullable
    Interposer interposer() {
        return interposer;
    }

    /** {@return whether a fault has pulled the device out} */
    boolean gone() {
        return gone;
    }

    /** A fault pulls the device out, unless the fault was taken away meanwhile. */
    void pullOut(PlacedFault fault) {
        boolean before;
        synchronized (lock) {
            Interposer present = interposer;
            if (present == null || !present.faults().contains(fault)) {
                return;
            }
            before = gone;
            gone = true;
        }
        showLines();
        if (!before) {
            around.board().slots().hidden(host);
        }
    }

    /** Puts a fault between the device and the machine. */
    void add(PlacedFault fault) {
        synchronized (lock) {
            interposer = Interposer.with(host, interposer, fault);
        }
    }

    /** Takes one away. @return whether it was here */
    boolean remove(PlacedFault fault) {
        boolean back;
        synchronized (lock) {
            Interposer before = interposer;
            if (before == null || !before.faults().contains(fault)) {
                return false;
            }
            Interposer rest = before.without(fault);
            interposer = rest;
            back = gone && (rest == null || !rest.removes());
            if (back) {
                gone = false;
            }
        }
        showLines();
        if (back) {
            host.tenancy().reset();
            around.board().slots().inserted(host);
        }
        return true;
    }

    /** Lets the lines show what the device drives, or nothing when it is gone. */
    private void showLines() {
        Seat here = host.enter();
        try {
            for (LineDriver driver : around.drivers()) {
                driver.hush(gone);
            }
        } finally {
            host.leave(here);
        }
    }

    /** Interrupts without a reason: by a message where the guest has enabled some, unless a line is named. */
    void interruptForNothing(int line, int pick) {
        Seat here = host.enter();
        try {
            SwitchedFunction card = around.switched();
            int messages = card == null || line >= 0 ? 0 : card.spec().messages();
            Optional<Msi> message = IntStream.range(0, messages).mapToObj(i -> card.message((pick + i) % messages))
                    .flatMap(Optional::stream).findFirst();
            LineDriver[] drivers = around.drivers();
            if (message.isPresent()) {
                Effects.send(message.get(), around.interrupts());
            } else if (drivers.length > 0) {
                drivers[line >= 0 ? line : pick % drivers.length].blip();
            }
        } finally {
            host.leave(here);
        }
    }

    /** {@return whether it can interrupt at all} */
    boolean interrupting() {
        SwitchedFunction card = around.switched();
        return around.drivers().length > 0 || card != null && card.spec().messages() > 0;
    }

    /** {@return the names of its lines} */
    List<String> lineNames() {
        return around.switched() == null
                ? lineNames
                : around.drivers().length == 0 ? List.of() : List.of("intx");
    }
}
