"""Where is the edge: from which learning rate on does training break, and why there?"""
