package org.cupule.hsm.impl.device;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.cupule.abi.AcrnVmCreation;
import org.cupule.hsm.VmCreation;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.types.Behaviour;

/**
 * What the structure of CREATE_VM and the settings say together.
 *
 * @threading immutable
 */
record VmWish(String hypervisor, Behaviour behaviour, boolean queuedUpcall) {
    static VmWish of(IoctlDevice.Settings settings) {
        return new VmWish(settings.hypervisor(), settings.behaviour(), settings.queued_upcall());
    }

    /** {@return the wish; vcpu_num is output only, the affinity says how many ({@code hsm.md} 4.4)} */
    VmCreation creation(AcrnVmCreation argument) {
        long affinity = argument.cpuAffinity();
        return new VmCreation(text(argument.uuid()), hypervisor, Long.bitCount(affinity), affinity,
                argument.vmFlag() & PartitionCreation.WISHES, behaviour, false, queuedUpcall, Map.of());
    }

    /** {@return the bytes before the first zero, one character each: they may be a name or a UUID} */
    static String text(byte[] bytes) {
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
    }
}
