package org.cupule.pci;

import java.util.List;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * What a PCI function shows in its configuration space.
 *
 * @param vendor
 *            vendor id, 16 bits
 * @param device
 *            device id, 16 bits
 * @param classCode
 *            class, subclass and programming interface, 24 bits
 * @param revision
 *            revision id, 8 bits
 * @param subsystemVendor
 *            subsystem vendor id, 16 bits
 * @param subsystem
 *            subsystem id, 16 bits
 * @param bars
 *            its base address registers, indices apart
 * @param msiVectors
 *            how many MSI messages it can send: 0 (no MSI capability), 1, 2, 4, 8, 16 or 32
 * @param intxPin
 *            0 none, 1 to 4 for INTA# to INTD#
 * @param capabilities
 *            further capabilities, in the order of the list
 * @threading immutable
 */
public record PciFunctionSpec(int vendor, int device, int classCode, int revision, int subsystemVendor, int subsystem,
        List<BarSpec> bars, int msiVectors, int intxPin, List<Capability> capabilities) {
    /**
     * A read-only or device-defined capability.
     *
     * @param id
     *            the capability's id
     * @param body
     *            what follows the id and the next pointer; at most 60 bytes
     * @threading immutable: the array must not be changed
     */
    public record Capability(int id, byte[] body) {
    }

    /** Refuses what no hardware could have, with EINVAL. */
    public PciFunctionSpec {
        bars = List.copyOf(bars);
        capabilities = List.copyOf(capabilities);
        if (((vendor | device | subsystemVendor | subsystem) & ~0xFFFF) != 0 || (classCode & ~0xFF_FFFF) != 0
                || (revision & ~0xFF) != 0 || intxPin < 0 || intxPin > 4 || msiVectors < 0 || msiVectors > 32
                || Integer.bitCount(msiVectors) > 1) {
            throw new HsmException(Errno.EINVAL, "pci",
                    "function %04x:%04x class %06x: a field is out of its range".formatted(vendor, device, classCode));
        }
        int used = 0;
        for (BarSpec bar : bars) {
            int mask = (bar.kind().wide() ? 3 : 1) << bar.index();
            if ((used & mask) != 0) {
                throw new HsmException(Errno.EINVAL, "pci",
                        "function %04x:%04x: BAR %d is used twice".formatted(vendor, device, bar.index()));
            }
            used |= mask;
        }
    }

    /** {@return a function with one MSI message and INTA#, and no further capabilities} */
    public static PciFunctionSpec simple(int vendor, int device, int classCode, int revision, BarSpec... bars) {
        return new PciFunctionSpec(vendor, device, classCode, revision, vendor, device, List.of(bars), 1, 1, List.of());
    }
}
