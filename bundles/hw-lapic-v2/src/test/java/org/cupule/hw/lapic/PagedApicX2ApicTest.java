package org.cupule.hw.lapic;

import org.cupule.hardware.LapicFactory;
import org.cupule.tck.hardware.LapicX2ApicContract;

class PagedApicX2ApicTest extends LapicX2ApicContract {
    @Override
    protected LapicFactory factory() {
        return new PagedApicFactory();
    }
}
