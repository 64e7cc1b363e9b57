package org.cupule.hv.sim;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.hardware.IoApic;
import org.cupule.hardware.IoApicContext;
import org.cupule.hardware.IoApicFactory;
import org.cupule.hardware.Lapic;
import org.cupule.hardware.Pic;
import org.cupule.hardware.PicContext;
import org.cupule.hardware.PicFactory;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;

/** Interrupt controllers that keep what they are told. */
final class FakeControllers {
    private FakeControllers() {
    }

    /** An I/O APIC whose pin n sends vector 0x30 + n to APIC 0 when it goes high. */
    static final class FakeIoApic implements IoApic {
        final List<String> events = new CopyOnWriteArrayList<>();
        private final IoApicContext context;
        private int index;

        FakeIoApic(IoApicContext context) {
            this.context = context;
        }

        @Override
        public int pins() {
            return 48;
        }

        @Override
        public int read(int offset) {
            // Register 0x10 + 2 * 5: pin 5 is level-triggered, in service, vector 0x35; the others are edge-triggered.
            return offset == 0 ? index : index == 0x1A ? 0xC035 : 0x30 + (index - 0x10) / 2;
        }

        @Override
        public void write(int offset, int value) {
            if (offset == 0) {
                index = value;
            }
            events.add("write %x=%x".formatted(offset, value));
        }

        @Override
        public void line(int pin, boolean high) {
            events.add("pin " + pin + (high ? " high" : " low"));
            if (high) {
                context.deliver(0, false, Lapic.FIXED, 0x30 + pin, false);
            }
        }

        @Override
        public void endOfInterrupt(int vector) {
            events.add("eoi %x".formatted(vector));
        }

        @Override
        public void reset() {
            events.add("reset");
        }

        @Override
        public StateSchema schema() {
            return StateSchema.first("ioapic");
        }

        @Override
        public ModelState save(int version) {
            return ModelState.of("ioapic", version).put("index", index).build();
        }

        @Override
        public void restore(ModelState state) {
            index = (int) state.number("index");
        }
    }

    record IoApics(ModelInfo info, List<FakeIoApic> made) implements IoApicFactory {
        @Override
        public StateSchema schema() {
            return StateSchema.first("ioapic");
        }

        @Override
        public IoApic create(IoApicContext context) {
            var model = new FakeIoApic(context);
            made.add(model);
            return model;
        }
    }

    /** A pair that asks while input 0 is high, and gives vector 8. */
    static final class FakePic implements Pic {
        final List<String> events = new CopyOnWriteArrayList<>();
        private final PicContext context;
        private boolean intr;

        FakePic(PicContext context) {
            this.context = context;
        }

        @Override
        public int read(int port) {
            events.add("read %x".formatted(port));
            return port & 0xFF;
        }

        @Override
        public void write(int port, int value) {
            events.add("write %x=%x".formatted(port, value));
        }

        @Override
        public void line(int irq, boolean high) {
            events.add("irq " + irq + (high ? " high" : " low"));
            intr = irq == 0 ? high : intr;
            context.intr(intr);
        }

        @Override
        public boolean intr() {
            return intr;
        }

        @Override
        public int acknowledge() {
            intr = false;
            context.intr(false);
            return 8;
        }

        @Override
        public void reset() {
            events.add("reset");
        }

        @Override
        public StateSchema schema() {
            return StateSchema.first("pic");
        }

        @Override
        public ModelState save(int version) {
            return ModelState.of("pic", version).put("intr", intr).build();
        }

        @Override
        public void restore(ModelState state) {
            intr = state.flag("intr");
        }
    }

    record Pics(ModelInfo info, List<FakePic> made) implements PicFactory {
        @Override
        public StateSchema schema() {
            return StateSchema.first("pic");
        }

        @Override
        public Pic create(PicContext context) {
            var model = new FakePic(context);
            made.add(model);
            return model;
        }
    }

    static IoApics ioapics() {
        return new IoApics(new ModelInfo("ioapic", "recorder", "1.0.0", "for tests"), new CopyOnWriteArrayList<>());
    }

    static Pics pics() {
        return new Pics(new ModelInfo("pic", "recorder", "1.0.0", "for tests"), new CopyOnWriteArrayList<>());
    }
}
