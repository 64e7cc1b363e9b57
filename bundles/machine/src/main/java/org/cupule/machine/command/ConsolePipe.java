package org.cupule.machine.command;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.cupule.machine.Console;

/**
 * Connects a console to standard input and output. The guest never waits for who reads its output: a thread writes it
 * from a buffer.
 *
 * @threading made and closed by one thread
 */
final class ConsolePipe implements AutoCloseable {
    /** What a guest may be ahead of its reader; what comes beyond is dropped and counted. */
    private static final int MOST_BUFFERED = 16 << 20;
    private static final long FULL_NAP_NANOS = 1_000_000;
    private static final long DRAIN_SECONDS = 10;

    private final Console console;
    private final OutputStream out;
    private final ByteQueue queue = new ByteQueue(MOST_BUFFERED);
    private final AutoCloseable attachment;
    private final Thread writer;
    private volatile boolean closed;

    ConsolePipe(Console console, InputStream in, OutputStream out) {
        this.console = console;
        this.out = out;
        writer = Thread.ofPlatform().daemon().name("console-output").start(this::write);
        attachment = console.attach(queue::put);
        Thread.ofPlatform().daemon().name("console-input").start(() -> read(in));
    }

    private void write() {
        try {
            for (byte[] bytes = queue.take(); bytes.length > 0; bytes = queue.take()) {
                out.write(bytes);
                out.flush();
            }
        } catch (IOException e) {
            // Who read our output has gone: the guest goes on without.
            queue.discard();
        }
    }

    private void read(InputStream in) {
        var bytes = new byte[512];
        try {
            for (int count = in.read(bytes); count >= 0 && !closed; count = in.read(bytes)) {
                send(bytes, count);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void send(byte[] bytes, int count) {
        int sent = console.send(bytes, 0, count);
        while (sent < count && !closed) {
            LockSupport.parkNanos(FULL_NAP_NANOS);
            sent += console.send(bytes, sent, count - sent);
        }
    }

    /** Writes what is left, and lets go of the console. */
    @Override
    public void close() {
        closed = true;
        try {
            attachment.close();
            queue.end();
            writer.join(TimeUnit.SECONDS.toMillis(DRAIN_SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** {@return how many bytes of output were dropped} */
    long dropped() {
        return queue.dropped();
    }
}
