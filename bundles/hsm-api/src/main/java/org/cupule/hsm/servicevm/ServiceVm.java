package org.cupule.hsm.servicevm;

import java.util.List;
import org.cupule.hypervisor.ServiceCpu;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Control of the host side's virtual CPUs: what the driver offers as the attribute {@code remove_cpu} ({@code hsm.md}
 * 13).
 *
 * @threading any thread; removals are made one after the other
 */
@ProviderType
public interface ServiceVm {
    /**
     * Takes a processor off line and away from the host side, so that User VMs can have it. There is no way back.
     *
     * @param value
     *            its number in any notation of C: {@code 3}, {@code 0x3}, {@code 03}; a line end may follow
     * @return the number of bytes of the value, as a write to the attribute
     * @throws org.cupule.types.HsmException
     *             EINVAL when it is not a number, 0, not below the number of possible processors, or a processor that
     *             cannot be taken off line; else the hypervisor's error: the processor is on line again then;
     *             EOPNOTSUPP where the hypervisor cannot
     */
    int removeCpu(String value);

    /** {@return the processors that the host side can have, ascending by number} */
    List<ServiceCpu> cpus();
}
