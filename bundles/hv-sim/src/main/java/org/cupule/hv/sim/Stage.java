package org.cupule.hv.sim;

import org.jspecify.annotations.Nullable;

/**
 * Whether a hardware model is in use. One that is being restored for a swap, or was replaced, must not reach its
 * surroundings: what it asks for has no effect, but for the last wish of a new one, which is granted when it comes into
 * use.
 *
 * @threading {@link #live()} from any thread; the rest by who creates, swaps or parks
 */
final class Stage {
    private volatile boolean live;
    private @Nullable Runnable wish;

    boolean live() {
        return live;
    }

    /** Keeps what the model wants as soon as it is in use. */
    void wish(Runnable wanted) {
        wish = wanted;
    }

    /** The model comes into use. */
    void enter() {
        live = true;
        if (wish != null) {
            wish.run();
            wish = null;
        }
    }

    /** The model goes out of use for ever. */
    void leave() {
        live = false;
    }
}
