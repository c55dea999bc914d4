"""Release → live: does the idle slot answer as the release says?"""
