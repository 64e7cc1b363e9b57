package org.cupule.hsm.snapshot;

import java.util.List;
import java.util.Map;
import org.cupule.ram.Ram;
import org.cupule.state.ModelState;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A VM that is being saved, as data. Not to be used after the writer has returned.
 *
 * @threading confined to the writer's thread
 */
@ProviderType
public interface StillVm {
    /** {@return the state of HSM and hypervisor at this moment, but for the content of RAM, by place} */
    Map<String, ModelState> states();

    /** {@return the backings of guest memory whose content is to be saved, in the order of {@link RamContent#fill}} */
    List<Ram> backings();
}
