package org.cupule.hypervisor;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * A device that the hypervisor emulates itself: {@code struct acrn_vdev} ({@code hsm.md} 2.5, 9.3).
 *
 * @param vendor
 *            PCI vendor id, 16 bits
 * @param device
 *            PCI device id, 16 bits
 * @param legacyId
 *            the id of a device that is not on PCI
 * @param slot
 *            its address in the guest: a BDF in its 16-bit form
 * @param addresses
 *            what the six base address registers hold at first, 32 bits each
 * @param sizes
 *            how much each of them decodes, 32 bits unsigned; 0: as the device has it
 * @param arguments
 *            what the kind of device needs, at most 128 bytes: the name of a shared memory, the index of a vUART
 * @threading immutable: the array must not be changed
 */
public record VirtualDevice(int vendor, int device, int legacyId, long slot, List<Integer> addresses,
        List<Integer> sizes, byte[] arguments) {
    /** Bytes of arguments in C. */
    public static final int ARGUMENT_BYTES = 128;
    private static final List<Integer> NONE = List.of(0, 0, 0, 0, 0, 0);

    /** Copies; EINVAL for lists that have not six numbers and for more than 128 bytes. */
    public VirtualDevice {
        addresses = List.copyOf(addresses);
        sizes = List.copyOf(sizes);
        arguments = arguments.clone();
        if (addresses.size() != PciAssignment.BARS || sizes.size() != PciAssignment.BARS
                || arguments.length > ARGUMENT_BYTES) {
            throw new HsmException(Errno.EINVAL, "passthrough",
                    "virtual device %04x:%04x has %d addresses, %d sizes and %d bytes of arguments, not 6, 6 and at most %d"
                            .formatted(vendor, device, addresses.size(), sizes.size(), arguments.length,
                                    ARGUMENT_BYTES));
        }
    }

    /** {@return a device on PCI whose base addresses are left to the guest} */
    public static VirtualDevice of(int vendor, int device, int slot, String arguments) {
        return new VirtualDevice(vendor, device, 0, slot, NONE, NONE, arguments.getBytes(StandardCharsets.UTF_8));
    }

    /** {@return the same with the sizes that its base address registers decode} */
    public VirtualDevice sized(List<Integer> bytes) {
        return new VirtualDevice(vendor, device, legacyId, slot, addresses, bytes, arguments);
    }

    /** {@return the arguments up to the first zero, as text} */
    public String text() {
        int end = 0;
        while (end < arguments.length && arguments[end] != 0) {
            end++;
        }
        return new String(arguments, 0, end, StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof VirtualDevice that && vendor == that.vendor && device == that.device
                && legacyId == that.legacyId && slot == that.slot && addresses.equals(that.addresses)
                && sizes.equals(that.sizes) && Arrays.equals(arguments, that.arguments);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(arguments) + 31 * (vendor << 16 ^ device ^ legacyId ^ (int) slot);
    }

    @Override
    public String toString() {
        return "%04x:%04x at 0x%x '%s'".formatted(vendor, device, slot, text());
    }
}
