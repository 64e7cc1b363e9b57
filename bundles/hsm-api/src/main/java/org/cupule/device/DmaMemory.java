package org.cupule.device;

import org.osgi.annotation.versioning.ProviderType;

/**
 * Guest memory as a device sees it: RAM only. An access that is not wholly in RAM has no effect.
 *
 * @threading confined to the device's gate
 */
@ProviderType
public interface DmaMemory {
    /** Copies from the guest. @return whether all of it was RAM; if not, the target is unchanged */
    boolean read(long gpa, byte[] target, int from, int lengthBytes);

    /** Copies to the guest. @return whether all of it was RAM; if not, nothing was written */
    boolean write(long gpa, byte[] source, int from, int lengthBytes);
}
