package org.cupule.machine.command;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.concurrent.locks.LockSupport;
import org.cupule.machine.Console;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connects a console to an input and an output. The guest never waits for who reads its output: a thread writes it from
 * a buffer.
 *
 * @threading made and closed by one thread; {@link #suspend} and {@link #resume} by the thread that reads the input
 */
final class ConsolePipe implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ConsolePipe.class);
    /** What a guest may be ahead of its reader; what comes beyond is dropped and counted. */
    private static final int MOST_BUFFERED = 16 << 20;
    private static final int MOST_BEGUN = 200;
    private static final long FULL_NAP_NANOS = 1_000_000;
    private static final long DRAIN_SECONDS = 10;

    private final Console console;
    private final OutputStream out;
    private final Runnable gone;
    private final ByteQueue queue = new ByteQueue(MOST_BUFFERED);
    private final IntConsumer output;
    private final StringBuilder begun = new StringBuilder();
    private final Thread writer;
    private AutoCloseable attachment;
    private volatile boolean closed;

    /** What is done with input: by default it is sent to the guest. */
    @FunctionalInterface
    interface Input {
        /** Takes bytes that were read. */
        void accept(ConsolePipe pipe, byte[] bytes, int count);
    }

    ConsolePipe(Console console, IntConsumer listener, InputStream in, OutputStream out, Runnable gone, Input input) {
        this.console = console;
        this.out = out;
        this.gone = gone;
        writer = Thread.ofPlatform().daemon().name("console-output").start(this::write);
        this.output = value -> {
            take(value);
            listener.accept(value);
        };
        attachment = console.attach(output);
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        Thread reader = Thread.ofPlatform().daemon().name("console-input").unstarted(() -> read(in, input));
        reader.setContextClassLoader(loader);
        reader.start();
    }

    private void take(int value) {
        synchronized (begun) {
            queue.put(value);
            if (value == '\n') {
                begun.setLength(0);
            } else if (begun.length() < MOST_BEGUN) {
                begun.append((char) (value & 0xFF));
            }
        }
    }

    /** Writes a line of ours between two of the guest's; what the guest has begun to write is written again. */
    void tell(String text) {
        synchronized (begun) {
            put(begun.isEmpty() ? "" : "\r\n", StandardCharsets.US_ASCII);
            put(text + "\r\n", StandardCharsets.UTF_8);
            put(begun.toString(), StandardCharsets.ISO_8859_1);
        }
    }

    private void put(String text, Charset charset) {
        for (byte letter : text.getBytes(charset)) {
            queue.put(letter);
        }
    }

    private void write() {
        try {
            for (byte[] bytes = queue.take(); bytes.length > 0; bytes = queue.take()) {
                out.write(bytes);
                out.flush();
                if (out instanceof PrintStream stream && stream.checkError()) {
                    throw new IOException("a stream that keeps its failures to itself has one");
                }
            }
        } catch (IOException e) {
            queue.discard();
            gone.run();
        }
    }

    private void read(InputStream in, Input input) {
        var bytes = new byte[512];
        try {
            for (int count = in.read(bytes); count >= 0 && !closed; count = in.read(bytes)) {
                input.accept(this, bytes, count);
            }
        } catch (IOException | RuntimeException e) {
            LOG.debug("the guest gets no more input: {}", e.toString());
        }
    }

    /** Sends input to the guest, and waits while it has no room for more. */
    void send(byte[] bytes, int count) {
        int sent = console.send(bytes, 0, count);
        while (sent < count && !closed) {
            LockSupport.parkNanos(FULL_NAP_NANOS);
            sent += console.send(bytes, sent, count - sent);
        }
    }

    /** Lets the console keep its output for the time being. */
    synchronized void suspend() {
        detach();
    }

    /** Writes output again, beginning with what was kept. */
    synchronized void resume() {
        attachment = console.attach(output);
    }

    private void detach() {
        try {
            attachment.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Writes what is left, and lets go of the console. */
    @Override
    public synchronized void close() {
        closed = true;
        detach();
        queue.end();
        try {
            writer.join(TimeUnit.SECONDS.toMillis(DRAIN_SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (queue.dropped() > 0) {
            LOG.warn("{} bytes of console output were dropped: its reader was too slow", queue.dropped());
        }
    }
}
