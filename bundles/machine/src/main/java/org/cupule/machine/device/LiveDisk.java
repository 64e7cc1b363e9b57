package org.cupule.machine.device;

import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.cupule.device.Disk;
import org.cupule.machine.stream.DiskFile;
import org.cupule.machine.stream.DiskFile.Kind;
import org.cupule.machine.stream.DiskFile.Operation;
import org.jspecify.annotations.Nullable;

/**
 * One generation of a device's disk: ends come from the disk's thread and are told inside the gate.
 *
 * @threading confined to the device's gate, but for {@link #ended}
 */
final class LiveDisk implements Disk {
    private final LiveContext context;
    private final DiskFile file;
    private final ConcurrentLinkedQueue<Runnable> ends = new ConcurrentLinkedQueue<>();
    /** Grows with each reset: who asked before it is told nothing. */
    private volatile int epoch;

    LiveDisk(LiveContext context, DiskFile file) {
        this.context = context;
        this.file = file;
    }

    @Override
    public long lengthBytes() {
        return file.lengthBytes();
    }

    @Override
    public boolean readOnly() {
        return file.readOnly();
    }

    @Override
    public void read(long offset, byte[] target, int from, int lengthBytes, Completion then) {
        submit(Kind.READ, offset, target, from, lengthBytes, then);
    }

    @Override
    public void write(long offset, byte[] source, int from, int lengthBytes, Completion then) {
        submit(Kind.WRITE, offset, source, from, lengthBytes, then);
    }

    @Override
    public void flush(Completion then) {
        submit(Kind.FLUSH, 0, new byte[0], 0, 0, then);
    }

    private void submit(Kind kind, long offset, byte[] bytes, int from, int lengthBytes, Completion then) {
        context.checkLive("its disk");
        Objects.checkFromIndexSize(from, lengthBytes, bytes.length);
        int asked = epoch;
        file.submit(new Operation(kind, offset, bytes, from, lengthBytes, done -> ended(asked, then, done)));
    }

    private void ended(int asked, Completion then, boolean done) {
        ends.add(() -> tell(asked, then, done));
        context.due();
    }

    private void tell(int asked, Completion then, boolean done) {
        if (asked == epoch) {
            then.ended(done);
        }
    }

    /** {@return the next end to be told, or null} */
    @Nullable
    Runnable takeEnd() {
        return ends.poll();
    }

    /** The device is reset or gone. */
    void forget() {
        epoch = epoch + 1;
        ends.clear();
    }
}
