package org.cupule.hardware;

import org.osgi.annotation.versioning.ProviderType;

/**
 * What the pair of 8259A reaches outside itself.
 *
 * @threading confined to the caller that is inside the pair
 */
@ProviderType
public interface PicContext {
    /** Tells that the INTR output changed; the processor looks at it after the present call. */
    void intr(boolean high);
}
