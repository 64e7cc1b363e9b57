package org.cupule.machine.stream;

/**
 * Takes every byte and never has one.
 *
 * @threading any thread
 */
public final class NullBacking implements Backing {
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
        // No byte ever comes.
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
