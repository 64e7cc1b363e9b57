package org.cupule.launcher;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * {@code cupule linux} as a process, and a person who types when the shell asks.
 *
 * @threading confined to one test; its output is collected by a thread
 */
final class LinuxSession implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 600;
    private static final String PROMPT = "/root # ";
    private static final int INTERRUPT = 3;

    private final Process process;
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final Thread reader;
    private int answered;
    private boolean over;

    /** How it ended, and all that it wrote. */
    record Ended(int status, String output) {
    }

    private LinuxSession(Process process) {
        this.process = process;
        this.reader = Thread.ofPlatform().daemon().start(this::read);
    }

    /** Boots, to be talked to. */
    static LinuxSession open(Path home, String... words) throws IOException {
        Files.createDirectories(home);
        List<String> command = new ArrayList<>(List.of("linux", "--timeout", PATIENCE_SECONDS + "s"));
        command.addAll(List.of(words));
        return new LinuxSession(Jar.process(home, command).start());
    }

    /** Boots and waits for the end. */
    static Ended run(Path home, String... words) throws IOException, InterruptedException {
        try (var session = open(home, words)) {
            session.process.getOutputStream().close();
            return session.end();
        }
    }

    private void read() {
        var bytes = new byte[4096];
        try (InputStream in = process.getInputStream()) {
            for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
                synchronized (this) {
                    output.write(bytes, 0, count);
                    notifyAll();
                }
            }
        } catch (IOException e) {
            // The process is over.
        }
        synchronized (this) {
            over = true;
            notifyAll();
        }
    }

    /** Waits for the shell's next prompt, and answers it with a line. */
    synchronized void type(String line) throws IOException, InterruptedException {
        await(PROMPT, answered);
        // What is echoed of the line may hold the prompt's letters: the next prompt comes after all that is here now.
        answered = text().length() + line.length();
        process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.US_ASCII));
        process.getOutputStream().flush();
    }

    /** Presses Ctrl-C. */
    void interrupt() throws IOException {
        process.getOutputStream().write(INTERRUPT);
        process.getOutputStream().flush();
    }

    /** Waits until it has written this, which is in no line that was typed. */
    synchronized void await(String words) throws InterruptedException {
        await(words, 0);
    }

    private void await(String words, int from) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (text().indexOf(words, from) < 0) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left <= 0 || over) {
                throw new AssertionError("there was no '" + words + "'; so far: " + text());
            }
            wait(left);
        }
    }

    private synchronized String text() {
        return output.toString(StandardCharsets.ISO_8859_1);
    }

    /** Waits for the end. */
    Ended end() throws InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("still running; so far: " + text());
        }
        reader.join();
        return new Ended(process.exitValue(), text());
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
