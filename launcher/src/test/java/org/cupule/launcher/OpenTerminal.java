package org.cupule.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A program that goes on while others run: what it prints is read line by line, and it is typed to.
 *
 * @threading one thread, beside its own reader
 */
final class OpenTerminal implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 600;

    private final Process process;
    private final StringBuilder printed = new StringBuilder();
    private int at;
    private boolean ended;

    OpenTerminal(Process process) {
        this.process = process;
        Thread.ofPlatform().daemon().name("terminal").start(this::read);
    }

    private void read() {
        try (InputStream in = process.getInputStream()) {
            byte[] bytes = new byte[512];
            for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
                add(new String(bytes, 0, count, StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            add("\n" + e + "\n");
        }
        synchronized (this) {
            ended = true;
            notifyAll();
        }
    }

    private synchronized void add(String text) {
        printed.append(text.replace("\r", ""));
        notifyAll();
    }

    /** Types a line when the program has asked for it. */
    synchronized void type(String prompt, String text) {
        await("the prompt '" + prompt + "'", rest -> rest.endsWith(prompt));
        at = printed.length() - prompt.length();
        try {
            process.getOutputStream().write((text + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        expect(prompt + text, false);
    }

    /** Waits for a line; empty ones and prompts before it count for nothing, nor others when any may come. */
    synchronized void expect(String line, boolean afterAny) {
        await("the line '" + line + "'", rest -> rest.indexOf('\n') >= 0);
        while (true) {
            await("the line '" + line + "'", rest -> rest.indexOf('\n') >= 0);
            int end = printed.indexOf("\n", at);
            String found = printed.substring(at, end);
            at = end + 1;
            if (Transcript.matches(line, found)) {
                return;
            }
            if (!afterAny && !found.isBlank() && !found.matches("(\\w+> )+")) {
                throw new AssertionError("the page says '%s', printed was '%s'".formatted(line, found));
            }
        }
    }

    private void await(String what, Predicate<String> there) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!there.test(printed.substring(at))) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0 || ended) {
                throw new AssertionError("%s did not come%s; printed was: %s".formatted(what,
                        ended ? " before the program ended" : "", printed));
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Ends the program, and waits until it writes nothing any more. */
    @Override
    public void close() {
        List<ProcessHandle> all = Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
        all.forEach(ProcessHandle::destroy);
        CompletableFuture<?>[] ends = all.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(ends).orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    }
}
