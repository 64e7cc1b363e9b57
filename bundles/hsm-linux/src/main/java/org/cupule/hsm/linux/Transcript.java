package org.cupule.hsm.linux;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a guest writes on its console, line by line, for a thread that has time to look at it.
 *
 * @threading {@link #accept} on the device's thread; {@link #next} on another one
 */
final class Transcript implements IntConsumer {
    private static final int MOST_LETTERS = 4096;

    private final StringBuilder line = new StringBuilder();
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    @Override
    public void accept(int letter) {
        if (letter == '\n' || line.length() == MOST_LETTERS) {
            lines.add(line.toString().strip());
            line.setLength(0);
        } else {
            line.append((char) letter);
        }
    }

    /** {@return the next line, or null when there is none within the time} */
    @Nullable
    String next(long millis) throws InterruptedException {
        return lines.poll(millis, TimeUnit.MILLISECONDS);
    }
}
