package org.cupule.tck.device;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;

/**
 * A disk in an array. What is asked for is done when the call has ended, or when the test lets it: {@link #hold}.
 *
 * @threading confined to the test
 */
public final class FakeDisk {
    private final Queue<Operation> waiting = new ArrayDeque<>();
    private byte[] content = new byte[0];
    private byte[] durable = new byte[0];
    private boolean readOnly;
    private boolean failing;
    private boolean held;
    private int flushes;

    private record Operation(Runnable work, Runnable then) {
    }

    /** Gives it a content, which is its size too. Before the device is made. */
    public FakeDisk content(byte[] bytes) {
        content = bytes.clone();
        durable = bytes.clone();
        return this;
    }

    /** Makes it read-only. */
    public FakeDisk readOnly() {
        readOnly = true;
        return this;
    }

    /** {@return a copy of what is on it} */
    public byte[] content() {
        return content.clone();
    }

    /** {@return a copy of what would be on it after a crash of the host that loses all that it can} */
    public byte[] durable() {
        return durable.clone();
    }

    /** {@return how often it was flushed} */
    public int flushes() {
        return flushes;
    }

    /** Says whether all operations fail from now on. */
    public void failing(boolean on) {
        failing = on;
    }

    /** Says whether operations wait from now on. */
    public void hold(boolean on) {
        held = on;
    }

    /** {@return how many operations wait} */
    public int waiting() {
        return waiting.size();
    }

    /** Does the operations that wait. @return whether there were any */
    boolean work() {
        if (held || waiting.isEmpty()) {
            return false;
        }
        Operation next = waiting.remove();
        next.work.run();
        next.then.run();
        return true;
    }

    FakeDisk copy() {
        var copy = new FakeDisk();
        copy.content = content.clone();
        copy.durable = durable.clone();
        copy.readOnly = readOnly;
        copy.failing = failing;
        copy.held = held;
        copy.flushes = flushes;
        return copy;
    }

    /** {@return the view of a context} */
    org.cupule.device.Disk view(FakeContext context) {
        return new View(context);
    }

    String outside() {
        return "disk %x %x flushes %d".formatted(Arrays.hashCode(content), Arrays.hashCode(durable), flushes);
    }

    private final class View implements org.cupule.device.Disk {
        private final FakeContext context;

        View(FakeContext context) {
            this.context = context;
        }

        @Override
        public long lengthBytes() {
            return content.length;
        }

        @Override
        public boolean readOnly() {
            return readOnly;
        }

        @Override
        public void read(long offset, byte[] target, int from, int lengthBytes, Completion then) {
            ask(inside(offset, lengthBytes),
                    () -> System.arraycopy(content, (int) offset, target, from, lengthBytes), then);
        }

        @Override
        public void write(long offset, byte[] source, int from, int lengthBytes, Completion then) {
            ask(inside(offset, lengthBytes) && !readOnly,
                    () -> System.arraycopy(source, from, content, (int) offset, lengthBytes), then);
        }

        @Override
        public void flush(Completion then) {
            ask(true, () -> {
                flushes++;
                durable = content.clone();
            }, then);
        }

        private boolean inside(long offset, int lengthBytes) {
            return offset >= 0 && offset <= content.length - lengthBytes;
        }

        private void ask(boolean possible, Runnable work, Completion then) {
            context.requireLive("its disk");
            int epoch = context.epoch();
            boolean done = possible && !failing;
            waiting.add(new Operation(done ? work : () -> {
            }, () -> context.tell(epoch, () -> then.ended(done))));
        }
    }
}
