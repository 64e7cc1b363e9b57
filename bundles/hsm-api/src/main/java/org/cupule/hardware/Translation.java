package org.cupule.hardware;

import org.cupule.ram.Ram;
import org.jspecify.annotations.Nullable;

/**
 * Where a guest physical page lies: a flyweight that the caller owns and the callee fills in.
 *
 * @threading confined to its owner
 */
public final class Translation {
    /** The backing. */
    public @Nullable Ram ram;
    /** Offset in the backing of the guest physical address that was asked for. */
    public long offset;
    /** All rights of the page, bits of {@code org.cupule.ram.Access}. */
    public int access;
}
