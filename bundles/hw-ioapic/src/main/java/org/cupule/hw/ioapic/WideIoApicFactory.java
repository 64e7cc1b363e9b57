package org.cupule.hw.ioapic;

import org.cupule.hardware.IoApic;
import org.cupule.hardware.IoApicContext;
import org.cupule.hardware.IoApicFactory;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.cupule.types.OffersModel;
import org.osgi.service.component.annotations.Component;

/**
 * Makes {@link WideIoApic}s.
 *
 * @threading any thread
 */
@OffersModel(kind = "ioapic", name = "wide", version = "1.0.0")
@Component(service = IoApicFactory.class)
public final class WideIoApicFactory implements IoApicFactory {
    @Override
    public ModelInfo info() {
        return new ModelInfo("ioapic", "wide", "1.0.0", "an I/O APIC of 48 pins with an EOI register");
    }

    @Override
    public StateSchema schema() {
        return WideIoApic.SCHEMA;
    }

    @Override
    public IoApic create(IoApicContext context) {
        return new WideIoApic(context);
    }
}
