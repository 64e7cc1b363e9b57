package org.cupule.hw.ioapic;

import org.cupule.hardware.IoApicFactory;
import org.cupule.tck.hardware.IoApicContract;

class WideIoApicTest extends IoApicContract {
    @Override
    protected IoApicFactory factory() {
        return new WideIoApicFactory();
    }
}
