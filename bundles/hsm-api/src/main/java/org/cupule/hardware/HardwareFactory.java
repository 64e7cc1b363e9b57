package org.cupule.hardware;

import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * What every factory of hardware models has in common. Factories are OSGi services, registered under their own
 * interface ({@link CpuFactory}, {@link EptFactory}, ...); the instances they make are plain objects owned by one VM.
 *
 * @threading any thread
 */
@ConsumerType
public interface HardwareFactory {
    /**
     * {@return what the models are; the kind is {@code cpu}, {@code ept}, {@code lapic}, {@code ioapic} or {@code pic}}
     */
    ModelInfo info();

    /** {@return what state the models of this factory read and write; asked before a swap quiesces anything} */
    StateSchema schema();
}
