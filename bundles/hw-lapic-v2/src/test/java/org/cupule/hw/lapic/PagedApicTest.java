package org.cupule.hw.lapic;

import org.cupule.hardware.LapicFactory;
import org.cupule.tck.hardware.LapicContract;

class PagedApicTest extends LapicContract {
    @Override
    protected LapicFactory factory() {
        return new PagedApicFactory();
    }
}
