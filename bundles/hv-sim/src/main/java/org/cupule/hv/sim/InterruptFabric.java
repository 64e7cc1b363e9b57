package org.cupule.hv.sim;

import java.util.List;
import org.cupule.hardware.IoApic;
import org.cupule.hardware.IoApicContext;
import org.cupule.hardware.IoApicFactory;
import org.cupule.hardware.Ipi;
import org.cupule.hardware.Lapic;
import org.cupule.hardware.Pic;
import org.cupule.hardware.PicContext;
import org.cupule.hardware.PicFactory;
import org.cupule.hypervisor.Partition.EndOfInterruptListener;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.Msi;

/**
 * How interrupts travel in one partition.
 *
 * <pre>
 *  line (GSI) --+--> 8259 pair ---INTR---> every vCPU (taken where LINT0 lets it pass)
 *               '--> I/O APIC --message--> route --> inbox of the vCPUs it is for
 *  MSI, IPI ------------------message-----> route
 * </pre>
 *
 * <p>
 * The GSI of an ISA interrupt is its number, but for the timer: GSI 2 is input 0 of the 8259 pair and pin 2 of the I/O
 * APIC ({@code hsm.md} 10.1). GSI 0 reaches input 0 as well, and pin 0; the input is high while one of the two is.
 *
 * @threading any thread. The interrupt gate, a lock under which only the two interrupt controllers and destination
 *            tests run, keeps callers of the controllers apart
 */
final class InterruptFabric {
    /** GSIs of a partition ({@code hsm.md} 10.1). */
    static final int GSIS = 48;
    /** What the 8259 pair gives where it has nothing to give: no vector. */
    static final int NOTHING = -1;

    private static final int PIC_INPUTS = 16;
    private static final int TIMER_GSI = 2;
    private static final int REDIRECTION = 0x10;
    private static final int LEVEL = 1 << 15;
    private static final int REMOTE_IRR = 1 << 14;
    private static final int ACTIVE_LOW = 1 << 13;
    private static final int MASKED = 1 << 16;

    /** The interrupt gate. */
    final Object gate = new Object();
    final Fitted<IoApicFactory, IoApic> ioapic;
    final Fitted<PicFactory, Pic> pic;
    private final Behaviour behaviour;
    private List<Vcpu> vcpus = List.of();
    private long levels;
    private long missedByIoApic;
    private long missedByPic;
    private volatile boolean intr;
    private volatile EndOfInterruptListener listener = gsi -> {
    };
    private volatile boolean listening;

    InterruptFabric(Behaviour behaviour, HardwareChoice hardware) {
        this.behaviour = behaviour;
        this.ioapic = new Fitted<>("ioapic", hardware.shelves().ioapics, hardware.ioapic(),
                (factory, stage) -> factory.create(fromIoApic(stage)), MustHold::ioapic, this::inGate,
                this::ioapicFitted);
        this.pic = new Fitted<>("pic", hardware.shelves().pics, hardware.pic(),
                (factory, stage) -> factory.create(fromPic(stage)), MustHold::pic, this::inGate, this::picFitted);
        ioapic.model();
        pic.model();
    }

    private IoApicContext fromIoApic(Stage stage) {
        return (destination, logical, mode, vector, level) -> {
            if (stage.live()) {
                route(mode, vector, level, destination, logical);
            }
        };
    }

    private PicContext fromPic(Stage stage) {
        return high -> {
            if (stage.live()) {
                intr(high);
            }
        };
    }

    private void inGate(Runnable action) {
        synchronized (gate) {
            action.run();
        }
    }

    /** What the lines did while there was no model is told to the new one. In the gate. */
    private void ioapicFitted() {
        for (long rest = missedByIoApic; rest != 0; rest &= rest - 1) {
            int gsi = Long.numberOfTrailingZeros(rest);
            ioapicLine(gsi, (levels & 1L << gsi) == 0);
            ioapicLine(gsi, (levels & 1L << gsi) != 0);
        }
        missedByIoApic = 0;
    }

    private void picFitted() {
        for (long rest = missedByPic; rest != 0; rest &= rest - 1) {
            int irq = Long.numberOfTrailingZeros(rest);
            pic.model().line(irq, !picLevel(irq));
            pic.model().line(irq, picLevel(irq));
        }
        missedByPic = 0;
        intr(pic.model().intr());
    }

    /** Tells who receives; once, before anything else. */
    void of(List<Vcpu> all) {
        vcpus = all;
    }

    void onEndOfInterrupt(EndOfInterruptListener listener) {
        this.listener = listener;
        this.listening = true;
    }

    /** As {@code Partition.setIrqLine}. */
    void line(int gsi, int operation) {
        if (gsi < 0 || gsi >= GSIS) {
            throw new HsmException(Errno.EPERM, "set irq line", "GSI %d is not 0 to %d".formatted(gsi, GSIS - 1));
        }
        synchronized (gate) {
            switch (operation) {
                case 0 -> level(gsi, true);
                case 1 -> level(gsi, false);
                case 2 -> pulse(gsi, true);
                case 3 -> pulse(gsi, false);
                default -> {
                    // Accepted without effect (hsm.md 10.1).
                }
            }
        }
    }

    private void pulse(int gsi, boolean first) {
        level(gsi, first);
        level(gsi, !first);
    }

    private void level(int gsi, boolean high) {
        levels = high ? levels | 1L << gsi : levels & ~(1L << gsi);
        if (gsi < PIC_INPUTS) {
            picLine(gsi == TIMER_GSI ? 0 : gsi);
        }
        if (ioapic.parked() == null) {
            ioapicLine(gsi, high);
        } else {
            missedByIoApic |= 1L << gsi;
        }
    }

    private void picLine(int irq) {
        if (pic.parked() == null) {
            pic.model().line(irq, picLevel(irq));
        } else {
            missedByPic |= 1L << irq;
        }
    }

    private boolean picLevel(int irq) {
        return (levels & (irq == 0 ? 1 | 1 << TIMER_GSI : 1L << irq)) != 0;
    }

    private void ioapicLine(int gsi, boolean high) {
        if (gsi < ioapic.model().pins()) {
            ioapic.model().line(gsi, high);
        }
    }

    /** The INTR output of the 8259 pair changed; inside the gate. */
    private void intr(boolean high) {
        if (high == intr) {
            return;
        }
        intr = high;
        for (Vcpu vcpu : vcpus) {
            vcpu.intr(high);
        }
    }

    /** {@return the level of a line} */
    boolean level(int gsi) {
        synchronized (gate) {
            return (levels & 1L << gsi) != 0;
        }
    }

    /** {@return whether the guest has programmed a line as active low at the I/O APIC; not while there is none} */
    boolean activeLow(int gsi) {
        synchronized (gate) {
            if (ioapic.parked() != null || gsi >= ioapic.model().pins()) {
                return false;
            }
            IoApic model = ioapic.model();
            int selected = model.read(0);
            model.write(0, REDIRECTION + 2 * gsi);
            int low = model.read(0x10);
            model.write(0, selected);
            return (low & (MASKED | ACTIVE_LOW)) == ACTIVE_LOW;
        }
    }

    /** {@return whether the 8259 pair asks for an interrupt} */
    boolean intr() {
        return intr;
    }

    /** Acknowledges at the 8259 pair. @return the vector, or NOTHING when it no longer asks */
    int acknowledge() {
        synchronized (gate) {
            return pic.model().intr() ? pic.model().acknowledge() : NOTHING;
        }
    }

    /** Ends a level-triggered interrupt at the I/O APIC, and tells the listener of its pins. */
    void endOfInterrupt(int vector) {
        long ended = 0;
        synchronized (gate) {
            if (listening) {
                ended = pinsOf(vector);
            }
            ioapic.model().endOfInterrupt(vector);
        }
        for (long rest = ended; rest != 0; rest &= rest - 1) {
            listener.ended(Long.numberOfTrailingZeros(rest));
        }
    }

    /** Finds the pins with an interrupt of this vector in service, through the registers that every I/O APIC has. */
    private long pinsOf(int vector) {
        IoApic model = ioapic.model();
        int selected = model.read(0);
        long pins = 0;
        for (int pin = 0; pin < Math.min(GSIS, model.pins()); pin++) {
            model.write(0, REDIRECTION + 2 * pin);
            int low = model.read(0x10);
            if ((low & 0xFF) == vector && (low & LEVEL) != 0 && (low & REMOTE_IRR) != 0) {
                pins |= 1L << pin;
            }
        }
        model.write(0, selected);
        return pins;
    }

    int readIoApic(int offset) {
        synchronized (gate) {
            return ioapic.model().read(offset);
        }
    }

    void writeIoApic(int offset, int value) {
        synchronized (gate) {
            ioapic.model().write(offset, value);
        }
    }

    int readPic(int port) {
        synchronized (gate) {
            return pic.model().read(port);
        }
    }

    void writePic(int port, int value) {
        synchronized (gate) {
            pic.model().write(port, value);
        }
    }

    /** As {@code Partition.injectMsi}: fixed, lowest priority and ExtINT; others are ignored ({@code hsm.md} 10.3). */
    void inject(Msi msi) {
        if (!msi.addressed()) {
            throw new HsmException(Errno.EPERM, "inject msi",
                    "address 0x%x is not in the interrupt window 0xFEExxxxx".formatted(msi.address()));
        }
        int mode = msi.deliveryMode();
        // A processor also takes NMI messages (SDM volume 3, "Message Data Register Format"); ACRN ignores them.
        if (mode == Lapic.FIXED || mode == Lapic.LOWEST_PRIORITY || mode == Lapic.EXTINT
                || mode == Lapic.NMI && behaviour == Behaviour.X86) {
            route(mode, msi.vector(), false, msi.destination(), msi.logical());
        }
    }

    /** Sends an interprocessor interrupt on its way. */
    void send(Vcpu from, Ipi ipi) {
        if (ipi.deliveryMode() == Lapic.INIT && !ipi.assertLevel()) {
            return;
        }
        switch (ipi.shorthand()) {
            case 1 -> post(from, ipi.deliveryMode(), ipi.vector(), ipi.level());
            case 2, 3 -> {
                for (Vcpu vcpu : vcpus) {
                    if (vcpu != from || ipi.shorthand() == 2) {
                        post(vcpu, ipi.deliveryMode(), ipi.vector(), ipi.level());
                    }
                }
            }
            default -> route(ipi.deliveryMode(), ipi.vector(), ipi.level(), ipi.destination(), ipi.logical());
        }
    }

    private void route(int mode, int vector, boolean level, int destination, boolean logical) {
        if (mode == Lapic.LOWEST_PRIORITY) {
            lowest(vector, level, destination, logical);
            return;
        }
        for (Vcpu vcpu : vcpus) {
            if (vcpu.lapic().matches(destination, logical)) {
                post(vcpu, mode, vector, level);
            }
        }
    }

    private void lowest(int vector, boolean level, int destination, boolean logical) {
        Vcpu chosen = null;
        int least = Integer.MAX_VALUE;
        for (Vcpu vcpu : vcpus) {
            if (vcpu.lapic().matches(destination, logical) && vcpu.lapic().priority() < least) {
                chosen = vcpu;
                least = vcpu.lapic().priority();
            }
        }
        if (chosen != null) {
            chosen.postFixed(vector, level);
        }
    }

    private static void post(Vcpu vcpu, int mode, int vector, boolean level) {
        switch (mode) {
            case Lapic.FIXED, Lapic.LOWEST_PRIORITY -> vcpu.postFixed(vector, level);
            case Lapic.NMI -> vcpu.post(Inbox.NMI);
            case Lapic.INIT -> vcpu.post(Inbox.INIT);
            case Lapic.STARTUP -> vcpu.postStartup(vector);
            case Lapic.EXTINT -> vcpu.post(Inbox.EXTINT);
            default -> {
                // SMI and reserved modes: there is no system management mode here, so nothing is sent.
            }
        }
    }

    /** {@return the level of each line, bit by bit, to be saved} */
    long levels() {
        synchronized (gate) {
            return levels;
        }
    }

    /** The lines have had these levels already when the controllers were saved: nobody is told. */
    void restoreLevels(long saved) {
        synchronized (gate) {
            levels = saved;
        }
    }

    /** Sets both controllers to power-on; the levels of their lines are kept. */
    void reset() {
        synchronized (gate) {
            ioapic.model().reset();
            pic.model().reset();
            intr(pic.model().intr());
        }
    }
}
