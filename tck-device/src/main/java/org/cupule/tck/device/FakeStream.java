package org.cupule.tck.device;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;
import org.cupule.device.ByteStream;

/**
 * The host's end of a byte stream: takes what the device sends while it has room, and types to it.
 *
 * @threading confined to the test
 */
public final class FakeStream implements ByteStream {
    private final StringBuilder output = new StringBuilder();
    private final Queue<Integer> input = new ArrayDeque<>();
    private int room = Integer.MAX_VALUE;
    private boolean starving;
    private Runnable onInput = () -> {
    };

    @Override
    public boolean write(int value) {
        if (room == 0) {
            return false;
        }
        room--;
        output.append((char) (value & 0xFF));
        return true;
    }

    @Override
    public int read() {
        Integer value = input.poll();
        starving = value == null;
        return value == null ? -1 : value;
    }

    @Override
    public void onInput(Runnable action) {
        onInput = action;
    }

    /** Sends bytes to the device, which is told of them if it had found nothing before. */
    public void type(String text) {
        for (byte value : text.getBytes(StandardCharsets.ISO_8859_1)) {
            input.add(value & 0xFF);
        }
        if (starving) {
            starving = false;
            onInput.run();
        }
    }

    /** Lets the host take so many bytes more, and then none. */
    public void room(int bytes) {
        room = bytes;
    }

    /** {@return all bytes that the device has sent, a character each} */
    public String output() {
        return output.toString();
    }

    /** {@return how many typed bytes the device has not fetched} */
    public int waiting() {
        return input.size();
    }

    Runnable heard() {
        return onInput;
    }

    void copyFrom(FakeStream other) {
        output.append(other.output);
        input.addAll(other.input);
        room = other.room;
        starving = other.starving;
    }
}
