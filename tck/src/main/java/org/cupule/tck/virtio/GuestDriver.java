package org.cupule.tck.virtio;

import java.util.stream.IntStream;
import org.cupule.tck.device.FakeMachine;

/**
 * The guest's side of a virtio device: registers by the offsets of the standard, queues in the RAM of the machine.
 *
 * <pre>
 * var driver = new GuestDriver(machine);
 * GuestQueue queue = driver.start(Feature bits ...)[0];
 * queue.add(GuestQueue.writable(buffer, 16));
 * queue.kick();
 * </pre>
 *
 * <p>
 * Source: VIRTIO 1.2, sections 3.1 and 4.1.4.
 *
 * @threading confined to the test
 */
public final class GuestDriver {
    /** Where buffers may lie: behind the queues. */
    public static final long BUFFERS = FakeMachine.RAM + 0x8000;
    /** Bits of the device status. */
    public static final int ACKNOWLEDGE = 1;
    /** The guest knows how to drive it. */
    public static final int DRIVER = 2;
    /** The driver is ready. */
    public static final int DRIVER_OK = 4;
    /** Negotiation is over. */
    public static final int FEATURES_OK = 8;
    /** The device asks for a reset. */
    public static final int NEEDS_RESET = 64;
    /** Feature bits of every device. */
    public static final long INDIRECT_DESC = 1L << 28;
    /** Notifications by index. */
    public static final long EVENT_IDX = 1L << 29;
    /** No legacy device. */
    public static final long VERSION_1 = 1L << 32;

    static final int STATUS = 0x14;
    private static final int ISR = 0x1000;
    private static final int CONFIG = 0x2000;
    private static final int NOTIFY = 0x3000;
    private static final int NO_VECTOR = 0xFFFF;
    private static final long QUEUE_STRIDE = 0x1000;
    private static final int ENTRIES = 16;

    private final FakeMachine machine;

    /** Makes a driver of the device in a machine. */
    public GuestDriver(FakeMachine machine) {
        this.machine = machine;
    }

    /** {@return the machine} */
    public FakeMachine machine() {
        return machine;
    }

    /** {@return a register of the common configuration} */
    public long read(int offset, int size) {
        return machine.read(0, offset, size);
    }

    /** Writes a register of the common configuration. */
    public void write(int offset, int size, long value) {
        machine.write(0, offset, size, value);
    }

    /** {@return the device status} */
    public int status() {
        return (int) read(STATUS, 1);
    }

    /** Writes the device status. */
    public void status(int value) {
        write(STATUS, 1, value);
    }

    /** {@return the ISR status, which the read clears} */
    public int isr() {
        return (int) machine.read(0, ISR, 1);
    }

    /** {@return a field of the device's own configuration} */
    public long config(int offset, int size) {
        return machine.read(0, CONFIG + offset, size);
    }

    /** Writes a field of the device's own configuration. */
    public void config(int offset, int size, long value) {
        machine.write(0, CONFIG + offset, size, value);
    }

    /** {@return the features that are offered} */
    public long offered() {
        write(0x00, 4, 0);
        long low = read(0x04, 4);
        write(0x00, 4, 1);
        return low | read(0x04, 4) << 32;
    }

    /** Accepts features. */
    public void accept(long features) {
        write(0x08, 4, 0);
        write(0x0C, 4, features & 0xFFFF_FFFFL);
        write(0x08, 4, 1);
        write(0x0C, 4, features >>> 32);
    }

    /** Resets the device, acknowledges it and accepts features. @return whether the device agrees */
    public boolean negotiate(long features) {
        status(0);
        status(ACKNOWLEDGE);
        status(ACKNOWLEDGE | DRIVER);
        accept(features | VERSION_1);
        status(ACKNOWLEDGE | DRIVER | FEATURES_OK);
        return (status() & FEATURES_OK) != 0;
    }

    /** Brings the device up with all queues. @return the queues */
    public GuestQueue[] start(long features) {
        if (!negotiate(features)) {
            throw new IllegalStateException("the device does not take the features %x".formatted(features));
        }
        GuestQueue[] queues = IntStream.range(0, (int) read(0x12, 2)).mapToObj(this::queue)
                .toArray(GuestQueue[]::new);
        status(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
        return queues;
    }

    /** {@return a queue of 16 entries at its usual place, which is made and enabled} */
    public GuestQueue queue(int index) {
        var queue = new GuestQueue(this, index, FakeMachine.RAM + QUEUE_STRIDE * index, ENTRIES);
        queue.clear();
        select(index);
        write(0x18, 2, ENTRIES);
        write(0x1A, 2, index + 1L);
        write(0x20, 8, queue.descriptors());
        write(0x28, 8, queue.available());
        write(0x30, 8, queue.used());
        write(0x1C, 2, 1);
        return queue;
    }

    /** Selects a queue. */
    public void select(int index) {
        write(0x16, 2, index);
    }

    /** Takes all vectors away: interrupts come by the pin. */
    public void withoutVectors() {
        write(0x10, 2, NO_VECTOR);
        for (int i = 0; i < read(0x12, 2); i++) {
            select(i);
            write(0x1A, 2, NO_VECTOR);
        }
    }

    /** Notifies the device of a queue. */
    public void notify(int index) {
        machine.write(0, NOTIFY + 4L * index, 2, index);
    }
}
