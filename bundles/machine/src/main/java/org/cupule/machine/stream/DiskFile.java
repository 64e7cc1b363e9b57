package org.cupule.machine.stream;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A raw image of a disk in a file. Operations are done one after the other, on a thread of its own; in a deterministic
 * machine by who asks for them, so that their end does not depend on the host.
 *
 * <p>
 * Nothing is kept here: what was written is with the host's kernel when its end is told, so it survives the end of this
 * process at any moment; what was flushed survives the host's too. Two machines cannot write one image: it is locked.
 *
 * @threading any thread; operations are done in the order of {@link #submit}
 */
public final class DiskFile implements Backing {
    private static final Logger LOG = LoggerFactory.getLogger(DiskFile.class);
    private static final long CLOSE_MILLIS = 5_000;
    private static final Operation END = new Operation(Kind.FLUSH, 0, new byte[0], 0, 0, done -> {
    });

    /** What can be asked for. */
    public enum Kind {
        /** Fill the bytes. */
        READ,
        /** Store the bytes. */
        WRITE,
        /** Make durable what was written. */
        FLUSH
    }

    /**
     * Something that is asked for.
     *
     * @param kind
     *            what
     * @param offset
     *            in the disk
     * @param bytes
     *            what is filled or stored
     * @param from
     *            first byte in the array
     * @param lengthBytes
     *            how many
     * @param then
     *            told its end, on the thread that did it
     */
    public record Operation(Kind kind, long offset, byte[] bytes, int from, int lengthBytes, Consumer<Boolean> then) {
    }

    private final Path file;
    private final FileChannel channel;
    private final long lengthBytes;
    private final boolean readOnly;
    private final BlockingQueue<Operation> operations = new LinkedBlockingQueue<>();
    /** Null in a deterministic machine. */
    private final @Nullable Thread worker;
    private volatile boolean closed;

    /**
     * Opens an image.
     *
     * @param file
     *            the file, whose length in whole sectors of 512 bytes is that of the disk
     * @param readOnly
     *            whether it cannot be written
     * @param deterministic
     *            whether operations are done at once
     * @throws HsmException
     *             ENOENT when there is none, EACCES when it cannot be opened, EBUSY when another machine writes it
     */
    public DiskFile(Path file, boolean readOnly, boolean deterministic) {
        this.file = file;
        this.readOnly = readOnly;
        try {
            channel = readOnly
                    ? FileChannel.open(file, StandardOpenOption.READ)
                    : FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        } catch (NoSuchFileException e) {
            throw new HsmException(Errno.ENOENT, "disk", "there is no disk image '" + file + "'", e);
        } catch (IOException e) {
            throw new HsmException(Errno.EACCES, "disk", "the disk image '%s' cannot be opened%s: %s".formatted(file,
                    readOnly ? "" : " for writing (readonly:PATH does not need that)", e), e);
        }
        this.lengthBytes = locked();
        worker = deterministic
                ? null
                : Thread.ofPlatform().daemon().name("disk-" + file.getFileName()).start(this::run);
    }

    private long locked() {
        try {
            FileLock lock = channel.tryLock(0, Long.MAX_VALUE, readOnly);
            if (lock != null) {
                return channel.size() & -512;
            }
        } catch (OverlappingFileLockException e) {
            LOG.debug("{} is locked in this process", file);
        } catch (IOException e) {
            closeQuietly();
            throw new HsmException(Errno.EACCES, "disk", "the disk image '%s' cannot be locked: %s".formatted(file, e),
                    e);
        }
        closeQuietly();
        throw new HsmException(Errno.EBUSY, "disk",
                "the disk image '%s' is in use by another machine, or is twice in this one".formatted(file));
    }

    /** {@return how many bytes the disk has} */
    public long lengthBytes() {
        return lengthBytes;
    }

    /** {@return whether it cannot be written} */
    public boolean readOnly() {
        return readOnly;
    }

    /** Asks for something. Its end is told also when the disk is closed: it was not done then. */
    public void submit(Operation operation) {
        if (closed) {
            operation.then.accept(false);
        } else if (worker == null) {
            operation.then.accept(perform(operation));
        } else {
            operations.add(operation);
        }
    }

    private void run() {
        try {
            for (Operation next = operations.take(); next != END; next = operations.take()) {
                next.then.accept(perform(next));
            }
        } catch (InterruptedException e) {
            LOG.debug("the disk image {} was closed while an operation was under way", file);
        } finally {
            closeQuietly();
        }
    }

    private boolean perform(Operation operation) {
        try {
            switch (operation.kind) {
                case READ -> transfer(operation, false);
                case WRITE -> transfer(operation, true);
                case FLUSH -> channel.force(false);
            }
            return true;
        } catch (IOException e) {
            LOG.error("disk image {}: {} of {} bytes at {} failed: {}", file, operation.kind, operation.lengthBytes,
                    operation.offset, e.toString());
            return false;
        }
    }

    private void transfer(Operation operation, boolean write) throws IOException {
        if (operation.offset < 0 || operation.offset > lengthBytes - operation.lengthBytes || write && readOnly) {
            throw new IOException("it does not lie in the disk of " + lengthBytes + " bytes, or must not be written");
        }
        ByteBuffer bytes = ByteBuffer.wrap(operation.bytes, operation.from, operation.lengthBytes);
        for (long at = operation.offset; bytes.hasRemaining();) {
            int part = write ? channel.write(bytes, at) : channel.read(bytes, at);
            if (part < 0) {
                throw new IOException("the file has become shorter");
            }
            at += part;
        }
    }

    @Override
    public boolean write(int value) {
        return true;
    }

    @Override
    public int read() {
        return -1;
    }

    @Override
    public void onInput(Runnable action) {
        // A disk says nothing by itself.
    }

    /** What was asked for before is done first, as long as that takes not too long. */
    @Override
    public void close() {
        closed = true;
        Thread writer = worker;
        if (writer == null) {
            closeQuietly();
            return;
        }
        operations.add(END);
        try {
            if (!writer.join(Duration.ofMillis(CLOSE_MILLIS))) {
                LOG.error("disk image {}: an operation has not ended; it is closed all the same", file);
                closeQuietly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void closeQuietly() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.error("closing {} failed: {}", file, e.toString());
        }
    }
}
