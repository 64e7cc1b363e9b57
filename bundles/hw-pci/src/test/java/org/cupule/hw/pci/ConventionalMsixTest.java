package org.cupule.hw.pci;

import org.cupule.pci.PciBusFactory;
import org.cupule.tck.pci.MsixContract;

class ConventionalMsixTest extends MsixContract {
    @Override
    protected PciBusFactory factory() {
        return new ConventionalPciBusFactory();
    }
}
